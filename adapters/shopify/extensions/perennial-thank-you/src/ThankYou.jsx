import "@shopify/ui-extensions/preact";
import { useAttributes, useCartLines } from "@shopify/ui-extensions/checkout/preact";
import { render } from "preact";
import { Brought } from "../../shared/Brought.jsx";

export default async () => {
  render(<ThankYou />, document.body);
};

function ThankYou() {
  return (
    <Brought
      id={shopify.orderConfirmation.value.order.id}
      lines={useCartLines()}
      noted={useAttributes()}
      counts={shopify.customerPrivacy?.value?.allowedProcessing.analytics ?? true}
      token={shopify.sessionToken}
      lang={shopify.localization.language.value.isoCode}
      t={(key, more) => shopify.i18n.translate(key, more)}
      money={(amount, currency) => shopify.i18n.formatCurrency(amount, { currency })}
    />
  );
}
