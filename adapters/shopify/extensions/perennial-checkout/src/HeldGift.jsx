import { useInstructions } from "@shopify/ui-extensions/checkout/preact";
import { useState } from "preact/hooks";

/**
 * A gift in the order that is asked no more: said, and taken out when the shopper wants that; nothing else is offered.
 *
 * @param {{line: ReturnType<typeof import("@shopify/ui-extensions/checkout/preact").useCartLines>[number]}} props
 */
export function HeldGift({ line }) {
  const { lines: may } = useInstructions();
  const [busy, setBusy] = useState(false);
  const [hasFailed, setFailed] = useState(false);
  if (!may.canRemoveCartLine) return null;
  const { amount, currencyCode: currency } = line.cost.totalAmount;
  const money = `\u2066${shopify.i18n.formatCurrency(Number(amount), { currency })}\u2069`;

  async function takeOut() {
    setBusy(true);
    const { type } = await shopify.applyCartLinesChange({ type: "removeCartLine", id: line.id, quantity: line.quantity });
    setFailed(type !== "success");
    setBusy(false);
  }
  return (
    <s-section>
      <s-stack gap="base">
        <s-text>{shopify.i18n.translate("held", { money })}</s-text>
        <s-button disabled={busy} onClick={takeOut}>
          {shopify.i18n.translate("none")}
        </s-button>
        {hasFailed && <s-banner tone="critical">{shopify.i18n.translate("gift_failed")}</s-banner>}
      </s-stack>
    </s-section>
  );
}
