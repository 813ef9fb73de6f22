/** The button of <perennial-panel>, for pages that have one; the panel's own code is fetched by the tap. */
import { launcher as ar } from "../locales/ar.json";
import { launcher as en } from "../locales/en.json";
import { launcher as zh } from "../locales/zh-Hant.json";

const MARK = `<svg viewBox="0 0 32 32" aria-hidden="true"><path d="M16 31V13" stroke="#cfe3d8" stroke-width="2.2" stroke-linecap="round"/><path d="M16 28.5c-5.5 0-9.5-3-10.5-8.5 5.7 0 9.5 2.8 10.5 8.5zm0-2.5c.5-4.5 3.8-7.2 9-7.5-.2 5-2.5 7.7-9 7.5z" fill="#cfe3d8"/><g fill="#f3c4dc"><path id="p" d="M16 11.5c-1.9-2.4-2.3-6.2 0-9.3 2.3 3.1 1.9 6.9 0 9.3z"/>${[-112, -75, -37, 37, 75, 112].map((turn) => `<use href="#p" transform="rotate(${turn} 16 11.5)"/>`).join("")}</g><ellipse cx="16" cy="12.3" rx="4.3" ry="3.4" fill="#f2b632"/></svg>`;

const LAUNCHER_STYLE = `[part=launcher]{position:fixed;inset-block-end:20px;inset-inline-end:20px;z-index:999;box-sizing:border-box;display:inline-flex;align-items:center;gap:10px;min-block-size:48px;padding-inline:12px 18px;border:0;border-radius:24px;border-start-start-radius:4px;background:var(--perennial-accent,#1e6b4f);color:var(--perennial-on-accent,#fff);font-family:var(--perennial-font,inherit);font-size:15px;font-weight:600;line-height:1;letter-spacing:0;text-decoration:none;cursor:pointer;box-shadow:0 2px 6px #0002,0 10px 28px #0002}[part=launcher]:focus-visible{outline:2px solid var(--perennial-accent,#1e6b4f);outline-offset:3px}svg{inline-size:26px;block-size:26px;fill:none}@media(forced-colors:active){[part=launcher]{border:1px solid}}@media print{[part=launcher]{display:none}}`;

/** Put it into a panel that has none; `use` fetches what opens. */
export function launch(panel, language, use) {
  if (panel.shadowRoot) return;
  const script = language.slice(0, 2).toLowerCase();
  const href = panel.getAttribute("href") ?? panel.querySelector("a")?.href;
  const tag = href ? "a" : "button";
  const label = { ar, zh }[script] ?? en;
  const style = new CSSStyleSheet();
  style.replaceSync(LAUNCHER_STYLE);
  const root = panel.attachShadow({ mode: "open" });
  root.innerHTML = `<aside aria-label="${label}"><${tag} part="launcher">${MARK}<span>${label}</span></${tag}></aside>`;
  root.adoptedStyleSheets = [style]; // a strict shop forbids <style>
  const launcher = root.lastChild.firstChild;
  launcher.lang = language;
  launcher.dir = script === "ar" ? "rtl" : "ltr";
  if (href) launcher.href = href;
  launcher.setAttribute("aria-haspopup", "dialog");
  launcher.addEventListener("click", async (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    try {
      await use();
      await panel.open();
    } catch (problem) {
      console.warn("perennial-panel:", problem.message);
      if (href) location.assign(href);
    }
  });
}
