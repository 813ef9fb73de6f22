/** Light or dark, read from the page behind an element, and colours that can be read on it. */

const WHITE = [1, 1, 1];
const INK = [0.063, 0.149, 0.11];
const TEXT = 4.5;

const linear = (channel) => (channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4);

/** Relative luminance of [r, g, b], each 0 to 1. */
export const luminance = ([r, g, b]) => 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);

/** WCAG contrast of two colours, 1 to 21. */
export function contrast(one, other) {
  const [low, high] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
}

const css = (colour) => `rgb(${colour.map((channel) => Math.round(channel * 255)).join(" ")})`;

/** Any CSS colour as [r, g, b, alpha]; mixing it with itself makes every notation come out the same. */
function channels(colour, probe) {
  probe.style.color = `color-mix(in srgb, ${colour}, ${colour})`;
  const numbers = getComputedStyle(probe).color.match(/-?[\d.]+(e-\d+)?/g)?.map(Number) ?? [];
  return [...numbers.slice(0, 3).map((channel) => Math.min(1, Math.max(0, channel))), numbers[3] ?? 1];
}

function isDark(host, probe) {
  for (let element = host; element; element = element.parentElement) {
    const behind = channels(getComputedStyle(element).backgroundColor, probe);
    if (behind[3] > 0.5) return luminance(behind) < 0.18;
  }
  return false;
}

/**
 * `colour`, its hue kept and its OKLCH lightness moved as little as needed to be read on `ground`.
 *
 * Returns `colour` itself when it passes. `at(lightness)` gives the colour at another lightness, 0 to 1.
 */
export function passing(colour, ground, at) {
  if (contrast(colour, ground) >= TEXT) return colour;
  // Away from the ground contrast only grows, so the first lightness that passes is found by halving.
  const end = luminance(ground) > 0.18 ? 0 : 1;
  let [near, far] = [luminance(colour) ** (1 / 3), end];
  for (let step = 0; step < 8; step += 1) {
    const middle = (near + far) / 2;
    if (contrast(at(middle), ground) >= TEXT) far = middle;
    else near = middle;
  }
  return at(far);
}

/** Mark `frame` light or dark (the host's `tone` attribute decides first) and mend unreadable colours. */
export function settleTone(host, frame) {
  const probe = frame.appendChild(document.createElement("i"));
  frame.dataset.tone = host.getAttribute("tone") ?? (isDark(host, probe) ? "dark" : "light");
  const read = (name) => channels(`var(${name})`, probe).slice(0, 3);
  const mend = (name, ground) => {
    const colour = read(name);
    const at = (lightness) => channels(`oklch(from ${css(colour)} ${lightness} c h)`, probe).slice(0, 3);
    const readable = passing(colour, ground, at);
    if (readable !== colour) frame.style.setProperty(name, css(readable));
    return readable;
  };
  const accent = mend("--a", read("--bg"));
  mend("--hd", WHITE);
  if (contrast(read("--on"), accent) < TEXT) {
    frame.style.setProperty("--on", css(contrast(WHITE, accent) >= TEXT ? WHITE : INK));
  }
  probe.remove();
}
