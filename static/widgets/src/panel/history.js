/** The history: one row an entry, with its "Why?" line by line. */
import { exponentOf, html, nothing, said } from "../kit.js";
import { effect, explains, linesOf, orderName, reasonIn, titleOf } from "./why.js";

/** `open` holds the ids of entries whose "Why?" is open; `toggle(id)` turns one. */
export function history({ words, config, entries, open, toggle }) {
  return html`<ul class="rows">
    ${entries.map((entry) => row({ words, config, entry, isOpen: open.has(entry.id), toggle }))}
  </ul>`;
}

function row({ words, config, entry, isOpen, toggle }) {
  const points = effect(entry);
  const id = `why-${entry.id}`;
  const side = points < 0 ? "minus" : points === 0 || entry.kind === "pending" ? "waiting" : "plus";
  return html`<li class="entry ${side}" part="row">
    <b id="${id}-title">${said(words, ...titleOf(words, entry))}</b>
    <span class="fine">${when(words, entry)}</span>
    <bdi class="num sum" dir="ltr">${words.signed(points).text}<span class="sr"> ${words.noun("points", points)}</span></bdi>
    ${explains(entry)
      ? html`<button id="${id}-button" class="ask" type="button" aria-expanded=${isOpen} aria-controls=${id}
            aria-labelledby="${id}-button ${id}-title" @click=${() => toggle(entry.id)}>${said(words, "why")}</button>
          <div class="why" id=${id} ?hidden=${!isOpen}>${isOpen ? answer({ words, config, entry }) : nothing}</div>`
      : nothing}
  </li>`;
}

function when(words, { kind, at, until }) {
  const date = words.date(at);
  if (kind !== "pending") return date;
  return until
    ? said(words, "pending_until", { date, until: words.date(until) })
    : said(words, "pending_since", { date });
}

function answer({ words, config, entry }) {
  const { kind, order, why = {} } = entry;
  const points = Math.abs(entry.points);
  const currency = why.currency ?? config?.program.currency;
  return html`${order && kind === "clawback" ? html`<p>${said(words, "why_refund", { order: orderName(order), points })}</p>` : nothing}
    ${order && kind === "released" ? html`<p>${said(words, "why_released", { order: orderName(order) })}</p>` : nothing}
    ${why.lines?.length && currency ? table({ words, config, currency, lines: linesOf(why) }) : nothing}
    ${reason(words, entry.points, why.reason)}
    ${why.rule && currency ? html`<p class="fine">${said(words, "why_rule", rate(words, config, { currency, ...why.rule }))}</p>` : nothing}`;
}

function reason(words, points, code) {
  const told = reasonIn(words, code);
  if (!told) return nothing;
  return html`<p>${points === 0 ? said(words, "no_points", { reason: told }) : html`<bdi>${told.text}</bdi>`}</p>`;
}

function table({ words, config, currency, lines }) {
  const exponent = exponentOf(currency, config);
  const money = (minor) => html`<bdi dir="ltr">${words.money(minor, currency, exponent).text}</bdi>`;
  const count = (points) => html`<bdi dir="ltr">${words.number(points)}</bdi>`;
  const sum = (name) => lines.reduce((total, line) => total + line[name], 0);
  return html`<table>
    <thead><tr>${["why_line", "why_counts", "why_points"].map((key) => html`<th scope="col">${said(words, key)}</th>`)}</tr></thead>
    <tbody>${lines.map(({ title, quantity, baseMinor, points, lost }) => html`<tr>
      <th scope="row"><bdi>${title}</bdi>${quantity > 1 ? html` <bdi class="fine" dir="ltr">× ${words.number(quantity)}</bdi>` : nothing}</th>
      ${baseMinor
        ? html`<td>${money(baseMinor)}</td><td>${lost ? html`<del>${count(points + lost)}</del> ` : nothing}${count(points)}</td>`
        : html`<td colspan="2" class="fine">${said(words, "why_never")}</td>`}
    </tr>`)}</tbody>
    ${lines.length > 1
      ? html`<tfoot><tr><th scope="row">${said(words, "why_total")}</th><td>${money(sum("baseMinor"))}</td><td>${count(sum("points"))}</td></tr></tfoot>`
      : nothing}
  </table>`;
}

/** A spend rule as the values of "{points} per {money}". */
export function rate(words, config, { points_each: points, per_minor: per, currency }) {
  return { points, money: words.money(per, currency, exponentOf(currency, config), { brief: true }) };
}
