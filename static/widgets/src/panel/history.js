/** The history: one row an entry, with its "Why?" line by line. */
import { exponentOf, html, nothing, said } from "../kit.js";
import { effect, explains, orderName, reasonIn, titleOf } from "./why.js";

/** `open` holds the ids of entries whose "Why?" is open; `toggle(id)` turns one. */
export function history({ words, config, entries, open, toggle }) {
  return html`<ul class="rows">
    ${entries.map((entry) => row({ words, config, entry, isOpen: open.has(entry.id), toggle }))}
  </ul>`;
}

function row({ words, config, entry, isOpen, toggle }) {
  const points = effect(entry);
  const id = `why-${entry.id}`;
  const side = points < 0 ? "minus" : entry.kind === "pending" ? "waiting" : "plus";
  return html`<li class="entry ${side}" part="row">
    <b id="${id}-title">${said(words, ...titleOf(entry))}</b>
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
    ? said(words, "entry_pending_until", { date, until: words.date(until) })
    : said(words, "entry_pending", { date });
}

function answer({ words, config, entry }) {
  const { kind, order, why = {} } = entry;
  const points = Math.abs(entry.points);
  return html`${order && kind === "clawback" ? html`<p>${said(words, "why_refund", { order: orderName(order), points })}</p>` : nothing}
    ${order && kind === "released" ? html`<p>${said(words, "why_released", { order: orderName(order) })}</p>` : nothing}
    ${why.lines?.length ? lines({ words, config, why }) : nothing}
    ${why.reason ? html`<p>${reason(words, entry)}</p>` : nothing}
    ${why.rule ? html`<p class="fine">${said(words, "why_rule", rate(words, config, why.rule))}</p>` : nothing}`;
}

function reason(words, { points, why }) {
  const told = reasonIn(words, why.reason);
  return points === 0 ? said(words, "no_points", { reason: told }) : html`<bdi>${told.text}</bdi>`;
}

function lines({ words, config, why }) {
  const currency = why.currency ?? why.rule?.currency ?? config?.program?.currency;
  const money = (minor) => words.money(minor, currency, exponentOf(currency, config)).text;
  const total = why.base_minor ?? why.lines.reduce((sum, line) => sum + (line.base_minor ?? 0), 0);
  const points = why.lines.reduce((sum, line) => sum + line.points, 0);
  return html`<table>
    <thead><tr>
      <th scope="col">${said(words, "why_line")}</th>
      <th scope="col">${said(words, "why_counts")}</th>
      <th scope="col">${said(words, "why_points")}</th>
    </tr></thead>
    <tbody>${why.lines.map((line) => html`<tr>
      <th scope="row"><bdi>${line.title}</bdi>${line.quantity > 1 ? html` <bdi dir="ltr" class="fine">× ${words.number(line.quantity)}</bdi>` : nothing}</th>
      ${line.reason
        ? html`<td colspan="2" class="fine">${said(words, "why_never")}</td>`
        : html`<td><bdi dir="ltr">${money(line.base_minor)}</bdi></td><td><bdi dir="ltr">${words.number(line.points)}</bdi></td>`}
    </tr>`)}</tbody>
    ${why.lines.length > 1
      ? html`<tfoot><tr><th scope="row">${said(words, "why_total")}</th><td><bdi dir="ltr">${money(total)}</bdi></td><td><bdi dir="ltr">${words.number(points)}</bdi></td></tr></tfoot>`
      : nothing}
  </table>`;
}

/** A spend rule as the values of "{points} per {money}". */
export function rate(words, config, { points_each: points, per_minor: per, currency }) {
  return { points, money: words.money(per, currency, exponentOf(currency, config), { brief: true }) };
}
