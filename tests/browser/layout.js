/**
 * What of the page cannot be read: text that is cut, that runs through other text, or a
 * heading in two lines. Returns sentences; nothing means that all can be read.
 */
() => {
  const SLACK = 1.5;
  const HEADINGS = 'h1, h2, .position b, .button-label, .segment, .class-name';
  /** Text in one of these lies over the page on purpose, and is looked at by itself. */
  const LAYERS = '.side, .notices, .menu-list, .top-list';

  const shown = (element) => {
    const style = getComputedStyle(element);
    return (
      style.visibility === 'visible' &&
      Number(style.opacity) > 0 &&
      !element.closest('.skip-link, [hidden], option, datalist') &&
      !forListeners(element)
    );
  };
  /** For screen readers alone. */
  const forListeners = (element) => {
    for (let at = element; at; at = at.parentElement) {
      if (getComputedStyle(at).clipPath === 'inset(50%)') return true;
    }
    return false;
  };
  /** What stays in its place while the rest scrolls is looked at by itself. */
  const layerOf = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const { position } = getComputedStyle(at);
      if (position === 'fixed' || position === 'sticky' || at.matches(LAYERS)) return at;
    }
    return null;
  };
  const said = (element, text) =>
    `${element.tagName.toLowerCase()}.${element.getAttribute('class') ?? ''} "${text}"`;

  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const texts = [];
  while (walker.nextNode()) {
    const node = walker.currentNode;
    const element = node.parentElement;
    const text = node.textContent.trim();
    if (!text || !element || !shown(element)) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    const rects = [...range.getClientRects()].filter((r) => r.width > 0.5);
    if (rects.length === 0) continue;
    texts.push({ element, text, rects, layer: layerOf(element) });
  }

  const faults = [];
  const cutBy = ({ element, rects }) => {
    let scrolls = false;
    for (let at = element; at && at !== document.body; at = at.parentElement) {
      if (at.tagName === 'svg' || at.closest('svg')) continue;
      const style = getComputedStyle(at);
      const box = at.getBoundingClientRect();
      const inner = {
        left: box.left + at.clientLeft,
        right: box.left + at.clientLeft + at.clientWidth,
        top: box.top + at.clientTop,
        bottom: box.top + at.clientTop + at.clientHeight,
      };
      if (style.overflowX !== 'visible') {
        const out = rects.some(
          (r) => r.left < inner.left - SLACK || r.right > inner.right + SLACK,
        );
        if (out) return at;
      }
      // Where it scrolls, what is below is only further down.
      scrolls ||= style.overflowY === 'auto' || style.overflowY === 'scroll';
      if (!scrolls && style.overflowY !== 'visible') {
        const out = rects.some(
          (r) => r.top < inner.top - 3 || r.bottom > inner.bottom + 3,
        );
        if (out) return at;
      }
      if (style.position === 'fixed') return null;
    }
    const out = rects.some((r) => r.left < -SLACK || r.right > innerWidth + SLACK);
    return out ? document.body : null;
  };

  for (const one of texts) {
    const by = cutBy(one);
    if (by) faults.push(`cut: ${said(one.element, one.text)} by ${said(by, '')}`);
    if (one.element.matches(HEADINGS)) {
      const tops = one.rects.map((r) => r.top);
      if (Math.max(...tops) - Math.min(...tops) > 6) {
        faults.push(`wraps: ${said(one.element, one.text)}`);
      }
    }
  }

  const meets = (a, b) =>
    Math.min(a.right, b.right) - Math.max(a.left, b.left) > 2 &&
    Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 4;
  for (const [i, one] of texts.entries()) {
    for (const other of texts.slice(i + 1)) {
      if (one.layer !== other.layer) continue;
      if (cutBy(one) || cutBy(other)) continue;
      const hit = one.rects.some((a) => other.rects.some((b) => meets(a, b)));
      if (hit) {
        faults.push(
          `overlap: ${said(one.element, one.text)} and ${said(other.element, other.text)}`,
        );
      }
    }
  }

  for (const select of document.querySelectorAll('select, input')) {
    if (shown(select) && select.getBoundingClientRect().right > innerWidth + SLACK) {
      faults.push(`cut: ${said(select, '')} by the window`);
    }
  }
  const sideways = document.documentElement.scrollWidth - innerWidth;
  if (sideways > 0) faults.push(`the page is ${sideways} px wider than its window`);
  return faults;
}
