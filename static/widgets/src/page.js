/** What stands in the shop's own pages: one file, because small ones travel badly. */
export { PerennialDonation } from "./donation/donation.js";
export { PerennialBadge } from "./product/badge.js";
export { PerennialRecommendations } from "./product/recommendations.js";
export { PerennialTasks } from "./product/tasks.js";
