/** The history: one row an entry, with its "Why?" line by line. */
import { exponentOf, html, nothing, said } from "../kit.js";
import { explains, orderName, reasonKey, seen, titleOf } from "./why.js";

/** `open` holds the ids of entries whose "Why?" is open; `toggle(id)` turns one. */
export function history({ words, config, entries, open, toggle }) {
  return html`<ul class="rows">
    ${seen(entries).map((entry) => row({ words, config, entry, isOpen: open.has(entry.id), toggle }))}
  </ul>`;
}

function row({ words, config, entry, isOpen, toggle }) {
  const { kind, points, on, isWaiting } = entry;
  const id = `why-${entry.id}`;
  const side = isWaiting ? "waiting" : points < 0 ? "minus" : "plus";
  const date = words.date(on);
  // A release moves points that were already counted, so it has no sign.
  const sum = kind === "released" ? words.number(points) : words.signed(points).text;
  return html`<li class="entry ${side}" part="row">
    <b id="${id}-title">${said(words, ...titleOf(words, entry))}</b>
    <span class="fine">${isWaiting ? said(words, "pending_since", { date }) : date}</span>
    <bdi class="num sum" dir="ltr">${sum}<span class="sr"> ${words.noun("points", points)}</span></bdi>
    ${explains(words, entry)
      ? html`<button id="${id}-button" class="ask" type="button" aria-expanded=${isOpen} aria-controls=${id}
            aria-labelledby="${id}-button ${id}-title" @click=${() => toggle(entry.id)}>${said(words, "why")}</button>
          <div class="why" id=${id} ?hidden=${!isOpen}>${isOpen ? answer({ words, config, entry }) : nothing}</div>`
      : nothing}
  </li>`;
}

function answer({ words, config, entry: { kind, order, points, why } }) {
  const currency = why?.currency ?? config?.program.currency;
  const canCount = currency && why?.lines.length;
  return html`${happened(words, { kind, order, points, why })}
    ${why?.note ? html`<p><bdi>${why.note}</bdi></p>` : nothing}
    ${canCount ? table({ words, config, currency, lines: why.lines }) : nothing}
    ${canCount && why.per_minor ? html`<p class="fine">${said(words, "why_rule", rate(words, config, { ...why, currency }))}</p>` : nothing}`;
}

function happened(words, { kind, order, points, why }) {
  const reason = why?.reason === "refunded" ? undefined : reasonKey(words, why);
  if (reason) return html`<p>${said(words, "no_points", { reason: words.text(reason) })}</p>`;
  const key = { clawback: "why_refund", released: "why_released" }[kind];
  return key && order ? html`<p>${said(words, key, { order: orderName(order), points: Math.abs(points) })}</p>` : nothing;
}

function table({ words, config, currency, lines }) {
  const exponent = exponentOf(currency, config);
  const money = (minor) => html`<bdi dir="ltr">${words.money(minor, currency, exponent).text}</bdi>`;
  const count = (points) => html`<bdi dir="ltr">${words.number(points)}</bdi>`;
  const sum = (name) => lines.reduce((total, line) => total + line[name], 0);
  return html`<table>
    <thead><tr>${["why_line", "why_counts", "why_points"].map((key) => html`<th scope="col">${said(words, key)}</th>`)}</tr></thead>
    <tbody>${lines.map(({ title, base_minor: base, earned, kept }) => html`<tr>
      <th scope="row"><bdi>${title}</bdi></th>
      ${base
        ? html`<td>${money(base)}</td><td>${kept < earned ? html`<del>${count(earned)}</del> ` : nothing}${count(kept)}</td>`
        : html`<td colspan="2" class="fine">${said(words, "why_never")}</td>`}
    </tr>`)}</tbody>
    ${lines.length > 1
      ? html`<tfoot><tr><th scope="row">${said(words, "why_total")}</th><td>${money(sum("base_minor"))}</td><td>${count(sum("kept"))}</td></tr></tfoot>`
      : nothing}
  </table>`;
}

/** A spend rule as the values of "{points} per {money}". */
export function rate(words, config, { points_each: points, per_minor: per, currency }) {
  return { points, money: words.money(per, currency, exponentOf(currency, config), { brief: true }) };
}
