import "@shopify/ui-extensions/preact";
import { useCartLines, useOrder } from "@shopify/ui-extensions/customer-account/preact";
import { render } from "preact";
import { Brought } from "../../shared/Brought.jsx";

export default async () => {
  render(<OrderStatus />, document.body);
};

function OrderStatus() {
  const order = useOrder();
  const lines = useCartLines();
  if (!order) return null;
  return (
    <Brought
      id={order.id}
      lines={lines}
      token={shopify.sessionToken}
      lang={shopify.localization.language.value.isoCode}
      t={(key, more) => shopify.i18n.translate(key, more)}
      money={(amount, currency) => shopify.i18n.formatCurrency(amount, { currency })}
    />
  );
}
