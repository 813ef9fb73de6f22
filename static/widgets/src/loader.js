/**
 * The embed: the only code a page loads by itself.
 *
 * <link rel="stylesheet" href=".../mount.css">
 * <script type="module" src=".../loader.js" data-base="..." data-token-url="..." data-lang="..."></script>
 *
 * Finds our elements, fetches each one's code on first use and alone calls `customElements.define`.
 */
const own = [...document.scripts].findLast(({ src }) => src === import.meta.url);
const { base, tokenUrl, lang, customer } = (own ?? document.querySelector("script[data-base]")).dataset;
const language = lang || document.documentElement.lang || "en";

const page = () => import("./page.js");
const product = () => import("./product.js");
const club = () => import("./club.js");
const panel = () => (club(), import("./panel.js")); // which needs the other: both at once
const CODE = {
  "perennial-badge": [product, "PerennialBadge"],
  "perennial-tasks": [product, "PerennialTasks"],
  "perennial-recommendations": [page, "PerennialRecommendations"],
  "perennial-donation": [page, "PerennialDonation"],
  "perennial-goal": [() => import("./goal.js"), "PerennialGoal"],
  "perennial-club": [club, "PerennialClub"],
  "perennial-panel": [panel, "PerennialPanel"],
};

async function kit() {
  const shared = await import("./kit.js");
  shared.settle({ base, tokenUrl, language, customer });
  return shared;
}

/** Make one kind of element work; the same promise for every caller. */
async function use(tag) {
  const [code, name] = CODE[tag];
  const [elements] = await Promise.all([code(), kit()]);
  if (!customElements.get(tag)) customElements.define(tag, elements[name]);
}

/** Put the launcher into an undefined <perennial-panel>, whose own code is fetched by the tap. */
async function launch(panel) {
  (await import("./launcher.js")).launch(panel, language, () => use(panel.localName));
}

const near = new IntersectionObserver(
  (entries) => {
    for (const { isIntersecting, target } of entries) {
      if (!isIntersecting) continue;
      near.unobserve(target);
      use(target.localName).catch((problem) => {
        console.warn(`${target.localName}:`, problem.message);
        target.dataset.drawn = "";
      });
    }
  },
  { rootMargin: "400px" },
);

function find() {
  for (const tag in CODE) {
    for (const element of document.querySelectorAll(`${tag}:not(:defined)`)) {
      if (tag !== "perennial-panel") near.observe(element);
      else launch(element).catch((problem) => console.warn(`${tag}:`, problem.message));
    }
  }
}

find();
if (customer || /[?&]ref=/.test(location.search)) {
  kit().then(({ visit }) => visit(customer)).catch((problem) => console.warn("perennial:", problem.message));
}
// Block carts and theme editors draw parts of the page later.
new MutationObserver(find).observe(document.body, { childList: true, subtree: true });
