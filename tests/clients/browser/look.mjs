// Opens a page in Chromium and prints, as JSON, what a person meets there: look.mjs CHROMIUM URL
import { chromium } from "playwright-core";

const [executablePath, url] = process.argv.slice(2);
const browser = await chromium.launch({
  executablePath,
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
});
const page = await browser.newPage();
const errors = [];
page.on("console", (message) => message.type() === "error" && !message.location().url.endsWith("/favicon.ico") && errors.push(message.text()));
await page.goto(url);

// Where the Tab key leads, until it comes around.
const tabStops = [];
for (let step = 0; step < 50; step += 1) {
  await page.keyboard.press("Tab");
  const stop = await page.evaluate(() => {
    const element = document.activeElement;
    if (!element || element === document.body) return null;
    const box = element.getBoundingClientRect();
    const shown = getComputedStyle(element).visibility !== "hidden" && box.width > 1 && box.height > 1 && box.right > 0;
    return { tag: element.tagName, name: element.getAttribute("name") ?? element.textContent, visible: shown };
  });
  if (!stop || tabStops.some((seen) => seen.tag === stop.tag && seen.name === stop.name)) break;
  tabStops.push(stop);
}

const found = await page.evaluate(() => {
  const isShown = (element) => {
    const box = element.getBoundingClientRect();
    return element.checkVisibility({ visibilityProperty: true }) && box.width > 1 && box.height > 1 && box.right > 0;
  };
  const hidden = [...document.querySelectorAll("a[href]")].filter((link) => !isShown(link));
  // Not shown at all, or said to be nothing for assistive technology: either keeps it out of the way.
  const exposed = hidden.filter((link) => link.checkVisibility({ visibilityProperty: true }) && !link.closest("[aria-hidden=true]"));
  return { title: document.title, text: document.body.innerText, hidden_links: hidden.length, hidden_links_exposed: exposed.length };
});
process.stdout.write(JSON.stringify({ ...found, tab_stops: tabStops, console_errors: errors }));
await browser.close();
