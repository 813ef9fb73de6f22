// Inside the Shopify admin: every request carries a session token, and nothing rests on a cookie.
// App Bridge puts one on each fetch of ours, so on those of htmx; what follows does so for links and forms.

// The token of the address has served.
const here = new URL(location.href);
if (here.searchParams.has("id_token")) {
  here.searchParams.delete("id_token");
  history.replaceState(null, "", here);
}

// Shopify said in which language: every request keeps it.
const language = document.documentElement.lang;
document.addEventListener("htmx:configRequest", (event) => {
  event.detail.headers["Accept-Language"] = language;
});

// A link opens its page with a token, so that it need not be fetched first.
document.addEventListener("click", (event) => {
  const link = event.target.closest("a[href]");
  const plain = event.button === 0 && !(event.ctrlKey || event.metaKey || event.shiftKey);
  if (!link || event.defaultPrevented || !plain || link.target || link.origin !== location.origin) return;
  if (link.pathname === location.pathname && link.hash) return;
  event.preventDefault();
  visit(link.href);
});

// A form goes out as a fetch; where it was taken, its next page is opened, else its answer is shown here.
document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.closest("[data-hx-post],[hx-post],[hx-get]") === form) return;
  event.preventDefault();
  if (form.dataset.sent) return;
  const body = new URLSearchParams(new FormData(form, event.submitter));
  const target = event.submitter?.hasAttribute("formaction") ? event.submitter.formAction : form.action;
  if (form.method !== "post") {
    visit(`${target.split("?")[0]}?${body}`);
    return;
  }
  const sent = form.enctype === "multipart/form-data" ? new FormData(form, event.submitter) : body;
  form.dataset.sent = "yes";
  let answer;
  try {
    answer = await fetch(target, { method: "POST", body: sent, headers: { "Accept-Language": language } });
  } catch {
    delete form.dataset.sent;
    failed(form);
    return;
  }
  if (answer.redirected) {
    visit(answer.url);
    return;
  }
  delete form.dataset.sent;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  document.querySelector("main").replaceWith(document.adoptNode(page.querySelector("main")));
  globalThis.htmx?.process(document.querySelector("main"));
});

// Nothing is known of a request that broke off: the form stays as it is, and can be sent again.
function failed(form) {
  const said = form.querySelector(".failed") ?? document.createElement("p");
  said.className = "wrong failed";
  said.role = "alert";
  said.textContent = document.querySelector('meta[name="failed"]').content;
  form.append(said);
}

async function visit(href) {
  const next = new URL(href);
  next.searchParams.set("locale", language);
  next.searchParams.set("id_token", await shopify.idToken());
  location.assign(next);
}
