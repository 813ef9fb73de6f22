/**
 * What the server tells of a shopper's club, as templates. The words, numbers and dates in it are the server's.
 *
 * `club` is the element that shows it: {words, view: {asking, busy, offline, open}, door(act), press(act, key),
 * send(event, act, key), stop(), toggle(key), copy(text), share(share), shared(share)}. A block's place is its key.
 */
import { html, said } from "../kit.js";

const every = (list, draw) => list?.map(draw);
const lines = (texts, kind) => every(texts, (text) => html`<p class=${kind}>${text}</p>`);

/** The green head: who, how much, what comes, how far. */
export function head(club, { balance, invite, lines: texts, stem: progress, acts }) {
  return html`${balance
    ? html`<p class="sr">${balance.said}</p>
      <p class="balance" part="balance" aria-hidden="true"><bdi dir="ltr">${balance.number}</bdi> <small>${balance.unit}</small></p>`
    : ""}
    ${invite ? html`<p class="invite">${invite}</p>` : ""} ${lines(texts, "soft")} ${stem(progress)}
    ${acts ? html`<p class="doors">${acts.map((act, n) => button(club, act, `head-${n}`, n ? "ghost" : "light"))}</p>` : ""}`;
}

/** How far, from the first stage to the last; the words beside it say the same. */
const stem = (progress) =>
  progress
    ? html`<div class="stem" part="stem" role="progressbar" aria-label=${progress.label} aria-valuenow=${progress.at} .style=${`--at:${progress.at}%`}>
          <i></i>${progress.steps.map((_, n, { length }) => html`<s .style=${`--at:${(100 * n) / (length - 1)}%`}></s>`)}<b></b>
        </div>
        <ol class="steps">${progress.steps.map(({ name, here }) => html`<li aria-current=${here ? "step" : "false"}>${name}</li>`)}</ol>
        <p class="soft">${progress.text}</p>`
    : "";

export function section(club, block) {
  const { id, title, items, box, rest } = block;
  return html`<section id=${id} part="section" class=${box ? "box" : ""} aria-labelledby="t-${id}">
    <h3 id="t-${id}" tabindex="-1">${title}</h3> ${lines(block.lines, "fine")}
    ${rows(club, items, id)} ${rest ? html`<details><summary class="btn">${rest.title}</summary>${rows(club, rest.items, id)}</details>` : ""}
    ${block.acts?.some(({ fields }) => !fields) ? html`<p class="acts">${buttons(club, block, id)}</p>` : ""} ${more(club, block, id)}
  </section>`;
}

const rows = (club, items, id) => (items ? html`<ul class="rows">${items.map((item, n) => row(club, item, `${id}-${item.id ?? n}`))}</ul>` : "");

export function row(club, block, key) {
  const { title, value, unit, tone, why } = block;
  const isOpen = club.view.open.has(key);
  return html`<li class="row ${tone ?? ""}" part="row">
    <div class="what"><b id="t-${key}">${title}</b>${lines(block.lines, "fine")}</div>
    <div class="end">
      ${value ? html`<span class="num sum">${value} <span class="sr">${unit}</span></span>` : ""} ${buttons(club, block, key)}
      ${why
        ? html`<button id="w-${key}" class="ask" aria-expanded=${isOpen} aria-controls="y-${key}" aria-labelledby="w-${key} t-${key}"
            @click=${() => club.toggle(key)}>${why.label}</button>`
        : ""}
    </div>
    ${more(club, block, key)} ${why ? html`<div class="why" id="y-${key}" ?hidden=${!isOpen}>${isOpen ? answer(why) : ""}</div>` : ""}
  </li>`;
}

const buttons = (club, { acts }, key) => every(acts, (act, n) => (act.fields ? "" : button(club, act, `${key}-${n}`, "", `t-${key}`)));

/** A link, or a button that waits while something is done: it keeps the focus it would lose by being disabled. */
function button(club, act, key, kind, title) {
  const { label } = act;
  const href = act.href ?? (act.door && club.door(act.door));
  if (href) return html`<a class="btn ${kind}" part="button" href=${href}>${label}</a>`;
  if (act.door) return "";
  const { busy, offline } = club.view;
  return html`<button class="btn ${kind}" part=${kind === "go" ? "primary-button" : "button"} id=${key} ?disabled=${act.off}
    aria-labelledby="${key} ${title}" aria-disabled=${Boolean(busy || offline)} @click=${() => club.press(act, key)}>${label}</button>`;
}

/** What needs the whole width: a code, a link to share, forms, and the question before an act. */
function more(club, { code, share, acts }, key) {
  const asked = acts?.find((_, n) => `${key}-${n}` === club.view.asking);
  return html`${code ? copied(club, code) : ""} ${share ? sharing(club, share) : ""}
    ${every(acts, (act, n) => (act.fields ? form(club, act, `${key}-${n}`) : ""))}
    ${asked
      ? html`<div class="why question"><p>${asked.ask}</p><p class="acts">
          ${button(club, { ...asked, ask: undefined }, club.view.asking + "-yes", "go")}
          <button class="btn" part="button" @click=${() => club.stop()}>${said(club.words, "not_now")}</button>
        </p></div>`
      : ""}`;
}

const copied = (club, text) => html`<p class="code"><code dir="ltr">${text}</code>
  <button class="btn" part="button" @click=${() => club.copy(text)}>${said(club.words, "copy")}</button></p>`;

const sharing = (club, share) => html`${copied(club, share.url)}<p class="acts">
  ${navigator.share ? html`<button class="btn" part="button" @click=${() => club.share(share)}>${said(club.words, "share")}</button>` : ""}
  ${share.links.map(([label, href]) => html`<a class="btn" part="button" href=${href} target="_blank" rel="noopener" @click=${() => club.shared(share)}>${label}</a>`)}</p>`;

const form = (club, act, key) => html`<form class="fields" @submit=${(event) => club.send(event, act, key)}>
  ${act.fields.map(field)}
  <button class="btn" part="button" id=${key} aria-disabled=${Boolean(club.view.busy || club.view.offline)}>${act.label}</button>
</form>`;

function field({ name, label, kind, options, value }) {
  if (options) {
    return html`<label><span>${label}</span><select name=${name} ?required=${options[0][0] !== null}>
      ${options.map(([option, text]) => html`<option value=${option ?? ""} ?selected=${option === value}>${text}</option>`)}</select></label>`;
  }
  const input = html`<input name=${name} type=${kind} ?required=${kind !== "checkbox"} ?checked=${value === true} autocomplete=${kind === "email" ? kind : "off"} />`;
  return html`<label class=${kind}><span>${label}</span>${input}</label>`;
}

const cell = (text) => html`<td>${Array.isArray(text) ? html`<del>${text[0]}</del> ${text[1]}` : text}</td>`;

const answer = ({ lines: texts, head: titles, rows, foot, note }) => html`${lines(texts, "")}
  ${rows
    ? html`<table>
        <thead><tr>${titles.map((title) => html`<th scope="col">${title}</th>`)}</tr></thead>
        <tbody>${rows.map(line)}</tbody>
        ${foot ? html`<tfoot>${line(foot)}</tfoot>` : ""}
      </table>`
    : ""}
  ${note ? html`<p class="fine">${note}</p>` : ""}`;

/** Two cells in a table of three: the second one is a remark. */
const line = ([title, ...cells]) => html`<tr><th scope="row">${title}</th>
  ${cells.length > 1 ? cells.map(cell) : html`<td colspan="2" class="fine">${cells[0]}</td>`}</tr>`;

/** What a form says, as the act's body: options as the server named them, `join`ed fields as one. */
export function bodyOf({ body, fields, join }, elements) {
  const wish = { ...body };
  const filled = {};
  for (const { name, kind, options } of fields) {
    const { value, checked, selectedIndex } = elements[name];
    filled[name] = options ? options[selectedIndex][0] : kind === "checkbox" ? checked : value;
  }
  for (const [name, parts] of Object.entries(join ?? {})) {
    wish[name] = parts.map((part) => filled[part]).join("-");
    for (const part of parts) delete filled[part];
  }
  return { ...wish, ...filled };
}
