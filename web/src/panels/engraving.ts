// SVG of the service as an element of the page. Its style sheet is adopted, since the page's policy refuses inline ones.

const adopted = new Map<string, CSSStyleSheet>();

/** An SVG document as an element, one for each place; anything that could run or load is left out. */
export function engraved(text: string, place: string): SVGSVGElement {
  const rules: string[] = [];
  const bare = text.replace(/<style[^>]*>(.*?)<\/style>/gs, (_, rule: string) => (rules.push(rule), ""));
  const parsed = new DOMParser().parseFromString(bare, "image/svg+xml");
  const root = parsed.documentElement;
  if (root.nodeName !== "svg") throw new Error("the engraved score is no SVG");
  for (const element of root.querySelectorAll("style, script, foreignObject, image")) element.remove();
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(rules.join("\n"));
  document.adoptedStyleSheets = [...document.adoptedStyleSheets.filter((each) => each !== adopted.get(place)), sheet];
  adopted.set(place, sheet);
  return document.importNode(root, true) as unknown as SVGSVGElement;
}
