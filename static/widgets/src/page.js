/** What carts have, and products too: one file, because small ones travel badly. */
export { PerennialDonation } from "./donation/donation.js";
export { PerennialRecommendations } from "./product/recommendations.js";
