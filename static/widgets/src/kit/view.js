/** Words as templates. */
import { html } from "lit-html";

/** A sentence as a template, each value with its own direction. */
export const said = (words, key, values) =>
  words.parts(key, values).map(({ text, dir }) => (dir ? html`<bdi dir=${dir}>${text}</bdi>` : text));
