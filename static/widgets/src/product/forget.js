/** Who withdraws their consent to statistics is told of no more, neither here nor in the cart: loading it does it. */
import { isProxied, remember } from "../kit.js";

const bare = ["product", "cart", "thank_you", "account", "home"].map((surface) => `bare-${surface}`); // nothing came there
for (const name of ["bucket", "row-click", "noted", ...bare]) remember(name, null);
document.cookie = "perennial_row=;path=/;max-age=0";
if (isProxied()) navigator.sendBeacon("/cart/update.js", new URLSearchParams({ "attributes[_perennial_row]": "" }));
