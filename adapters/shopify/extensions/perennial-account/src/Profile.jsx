import "@shopify/ui-extensions/preact";
import { render } from "preact";
import { Account } from "./Account.jsx";

export default async () => {
  render(<Profile />, document.body);
};

function Profile() {
  /** @param {string} key */
  const t = (key) => shopify.i18n.translate(key);
  const lang = shopify.localization.language.value.isoCode;
  return <Account token={shopify.sessionToken} lang={lang} t={t} />;
}
