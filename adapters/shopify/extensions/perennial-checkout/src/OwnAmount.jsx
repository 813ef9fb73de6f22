import { useState } from "preact/hooks";
import { typed } from "../../shared/gift.js";

/**
 * An amount of the shopper's own, within what the field says.
 *
 * @param {{donation: import("../../shared/service.js").Donation, price: number, busy: boolean, given: number,
 *   shown: (minor: number) => string, give: (minor: number) => void}} props
 */
export function OwnAmount({ donation, price, busy, given, shown, give }) {
  const { least_minor: least, most_minor: most, exponent } = donation;
  const [text, setText] = useState(given ? (given / 10 ** exponent).toFixed(exponent) : "");
  const [isWrong, setWrong] = useState(false);
  const range = shopify.i18n.translate("range", { least: shown(least), most: shown(most) });

  function send() {
    const minor = typed(text, exponent);
    const fits = minor >= least && minor <= most && minor % price === 0;
    setWrong(!fits);
    if (fits) give(minor);
  }
  /** @param {Event} event */
  const heard = (event) => setText(/** @type {{value?: string}} */ (/** @type {unknown} */ (event.currentTarget)).value ?? "");
  return (
    <s-stack gap="small">
      <s-number-field
        label={range}
        inputMode="decimal"
        min={least / 10 ** exponent}
        max={most / 10 ** exponent}
        step={price / 10 ** exponent}
        controls="none"
        value={text}
        error={isWrong ? range : ""}
        onInput={heard}
      ></s-number-field>
      <s-button disabled={busy} onClick={send}>
        {shopify.i18n.translate("give_own")}
      </s-button>
    </s-stack>
  );
}
