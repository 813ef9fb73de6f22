import { useEffect, useState } from "preact/hooks";
import { Rewards } from "../../shared/Rewards.jsx";
import { ask } from "../../shared/service.js";

/**
 * What a member has, her level and what her points buy.
 *
 * @param {{token: import("../../shared/service.js").Token, lang: string, t: (key: string) => string}} props
 */
export function Account({ token, lang, t }) {
  const [mine, setMine] = useState(/** @type {import("../../shared/service.js").Mine | null} */ (null));
  const [failed, setFailed] = useState(false);
  const again = async () => setMine(await ask(token, "me", { lang }));

  useEffect(() => {
    again().catch((problem) => {
      console.warn("perennial:", problem);
      setFailed(true);
    });
  }, []);

  if (failed) return <s-banner tone="warning">{t("unavailable")}</s-banner>;
  if (!mine) return <s-skeleton-paragraph></s-skeleton-paragraph>;
  if (!mine.member) return <s-text>{t("no_member")}</s-text>;
  return (
    <s-stack gap="large">
      <s-section heading={t("points")}>
        <s-stack gap="small">
          <s-text>{mine.have}</s-text>
          {mine.tier?.name && (
            <s-text>
              {t("level")}: {mine.tier.name}
            </s-text>
          )}
          {mine.tier?.says.map((sentence) => (
            <s-text key={sentence} color="subdued">
              {sentence}
            </s-text>
          ))}
        </s-stack>
      </s-section>
      {mine.rewards && mine.rewards.offers.length + mine.rewards.open.length > 0 && (
        <s-section heading={t("rewards")}>
          <Rewards mine={mine} token={token} lang={lang} t={t} again={again} />
        </s-section>
      )}
    </s-stack>
  );
}
