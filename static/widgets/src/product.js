/** What only a product's page has. */
export { PerennialBadge } from "./product/badge.js";
export { PerennialTasks } from "./product/tasks.js";
