/** The green head of the panel: who, how much, what comes. */
import { html, nothing, own, said } from "../kit.js";

export function title(words, { state, answer, config }) {
  const name = answer?.member?.name;
  if (name) return said(words, "hello", { name: own(name) });
  const program = config?.program?.name;
  return state === "guest" && program ? html`<bdi>${program}</bdi>` : said(words, "your_points");
}

export function top(words, view, doors) {
  if (view.state === "guest") return guest(words, doors);
  return view.answer?.member ? member(words, view.answer.member) : waiting(words, view);
}

/** Same height as a member's head: slow networks and failures move nothing. */
function waiting(words, { state, offline }) {
  if (state === "failed") return html`<p class="invite" role="alert">${said(words, offline ? "offline_empty" : "failed")}</p>`;
  return html`<p class="balance" aria-hidden="true"><i class="bone"></i></p>
    <p class="soft" aria-hidden="true"><i class="bone small"></i></p>
    <p class="sr" role="status">${said(words, "loading")}</p>`;
}

function guest(words, { join, logIn }) {
  return html`<p class="invite">${said(words, "join_free")}</p>
    ${join || logIn
      ? html`<p class="doors">
          ${join ? html`<a class="btn light" part="primary-button" href=${join}>${said(words, "join")}</a>` : nothing}
          ${logIn ? html`<a class="btn ghost" part="button" href=${logIn}>${said(words, "log_in")}</a>` : nothing}
        </p>`
      : nothing}`;
}

function member(words, { available, pending, pending_next: next, debt }) {
  return html`<p class="sr">${said(words, "have", { points: available })}</p>
    <p class="balance" part="balance" aria-hidden="true">
      <bdi dir="ltr">${words.number(available)}</bdi> <small>${words.noun("points", available)}</small>
    </p>
    ${coming(words, pending, next)}
    ${available < 0 || debt ? html`<p class="soft debt">${said(words, "debt")}</p>` : nothing}`;
}

function coming(words, pending, next) {
  if (!pending) return nothing;
  const first = next
    ? said(words, "more_on", { points: next.points, date: words.date(next.on) })
    : said(words, "more_later", { points: pending });
  const rest = next && pending > next.points;
  return html`<p class="soft">${first}${rest ? html`<br />${said(words, "pending_all", { points: pending })}` : nothing}</p>`;
}
