/** Who withdraws their consent to statistics is told of no more, neither here nor in the cart: loading it does it. */
import { isProxied, remember } from "../kit.js";

for (const name of ["bucket", "row-click", "noted"]) remember(name, null);
document.cookie = "perennial_row=;path=/;max-age=0";
if (isProxied()) navigator.sendBeacon("/cart/update.js", new URLSearchParams({ "attributes[_perennial_row]": "" }));
