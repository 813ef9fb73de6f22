/** Words and marks as templates. */
import { html } from "lit-html";

/** A sentence as a template; the placeholder named `strong` is set in bold. */
export function said(words, key, values, strong) {
  return words.parts(key, values).map(({ text, name, dir }) => {
    const isolated = dir ? html`<bdi dir=${dir}>${text}</bdi>` : text;
    return name && name === strong ? html`<b>${isolated}</b>` : isolated;
  });
}

/** The coneflower, which returns each year. */
export const mark = () => html`<svg class="mark" viewBox="0 0 32 32" aria-hidden="true">
  <path class="line" d="M16 31V13" />
  <path d="M16 28.5c-5.5 0-9.5-3-10.5-8.5 5.7 0 9.5 2.8 10.5 8.5zm0-2.5c.5-4.5 3.8-7.2 9-7.5-.2 5-2.5 7.7-9 7.5z" />
  <g><path id="petal" d="M16 11.5c-1.9-2.4-2.3-6.2 0-9.3 2.3 3.1 1.9 6.9 0 9.3z" />
  <use href="#petal" transform="rotate(-112 16 11.5)" /><use href="#petal" transform="rotate(-75 16 11.5)" />
  <use href="#petal" transform="rotate(-37 16 11.5)" /><use href="#petal" transform="rotate(37 16 11.5)" />
  <use href="#petal" transform="rotate(75 16 11.5)" /><use href="#petal" transform="rotate(112 16 11.5)" /></g>
  <ellipse cx="16" cy="12.3" rx="4.3" ry="3.4" />
</svg>`;
