import "@shopify/ui-extensions/preact";
import { useAttributes, useCartLines, useOrder } from "@shopify/ui-extensions/customer-account/preact";
import { render } from "preact";
import { Brought } from "../../shared/Brought.jsx";

export default async () => {
  render(<OrderStatus />, document.body);
};

function OrderStatus() {
  const order = useOrder();
  const lines = useCartLines();
  const noted = useAttributes();
  if (!order) return null;
  return (
    <Brought
      id={order.id}
      lines={lines}
      noted={noted}
      counts={shopify.customerPrivacy?.value?.allowedProcessing.analytics ?? true}
      token={shopify.sessionToken}
      lang={shopify.localization.language.value.isoCode}
      t={(key, more) => shopify.i18n.translate(key, more)}
      money={(amount, currency) => shopify.i18n.formatCurrency(amount, { currency })}
    />
  );
}
