/** Words as templates. */
import { html } from "lit-html";

/** A sentence as a template; the placeholder named `strong` is set in bold. */
export function said(words, key, values, strong) {
  return words.parts(key, values).map(({ text, name, dir }) => {
    const isolated = dir ? html`<bdi dir=${dir}>${text}</bdi>` : text;
    return name && name === strong ? html`<b>${isolated}</b>` : isolated;
  });
}
