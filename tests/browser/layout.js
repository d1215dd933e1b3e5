/**
 * What of the page cannot be read or reached: text that is cut, that runs through other
 * text, or a heading in two lines; a control, a picture or a legend that another one, or
 * text, lies over. Returns sentences; nothing means that all can be read and reached.
 */
() => {
  const SLACK = 1.5;
  const HEADINGS = 'h1, h2, .position b, .button-label, .segment, .class-name';
  /** Text in one of these lies over the page on purpose, and is looked at by itself. */
  const LAYERS = '.side, .notices, .menu-list, .top-list, .contradiction';

  const shown = (element) => {
    const style = getComputedStyle(element);
    return (
      // Also of what a closed part of the page holds.
      element.checkVisibility({ contentVisibilityAuto: true }) &&
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
  const known = new Map();
  const cutBy = (one) => {
    if (!known.has(one)) known.set(one, findCut(one));
    return known.get(one);
  };

  /** What can cut an element: those around it, up to its frame where that is fixed. */
  const around = function* (element) {
    let isPlaced = false;
    for (let at = element; at && at !== document.body; at = at.parentElement) {
      const style = getComputedStyle(at);
      // What is placed from further up leaves those in between.
      if (!isPlaced || style.position !== 'static') yield [at, style];
      isPlaced = style.position === 'absolute' || (isPlaced && style.position === 'static');
      if (style.position === 'fixed') return;
    }
  };

  /** What is seen of a box: the rest is scrolled away, or cut. */
  const seenOf = (element, { left, right, top, bottom }) => {
    for (const [at, style] of around(element)) {
      const box = at.getBoundingClientRect();
      if (style.overflowX !== 'visible') {
        left = Math.max(left, box.left);
        right = Math.min(right, box.right);
      }
      if (style.overflowY !== 'visible') {
        top = Math.max(top, box.top);
        bottom = Math.min(bottom, box.bottom);
      }
    }
    return { left, right, top, bottom };
  };
  for (const text of texts) text.seen = text.rects.map((r) => seenOf(text.element, r));

  const faults = [];
  const findCut = ({ element, rects }) => {
    let scrolls = false;
    for (const [at, style] of around(element)) {
      if (at.closest('svg')) continue;
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
      const hit = one.seen.some((a) => other.seen.some((b) => meets(a, b)));
      if (hit && !cutBy(one) && !cutBy(other)) {
        faults.push(
          `overlap: ${said(one.element, one.text)} and ${said(other.element, other.text)}`,
        );
      }
    }
  }

  /** What is used by hand, or looked at as a whole. */
  const PARTS =
    'button, select, textarea, input, a[href], canvas, video, img, .pad-plane, ' +
    '.timeline-legend, [role=separator], [role=slider], [role=option]';
  /** Marks that belong on what they lie over, inside of which they are looked at. */
  const OVERLAYS = 
    '.timeline-plot, .timeline-over, .timeline-window, .face-box, .stage *, .sheet-tick';
  const parts = [];
  for (const element of document.querySelectorAll(PARTS)) {
    if (!shown(element) || element.closest(OVERLAYS)) continue;
    if (!element.checkVisibility({ opacityProperty: true })) continue;
    const box = seenOf(element, element.getBoundingClientRect());
    if (box.right - box.left < 1 || box.bottom - box.top < 1) continue;
    parts.push({ element, seen: [box], layer: layerOf(element), text: '' });
  }
  const nested = (a, b) => a.contains(b) || b.contains(a);
  for (const [i, one] of parts.entries()) {
    for (const other of [...parts.slice(i + 1), ...texts]) {
      if (one.layer !== other.layer || nested(one.element, other.element)) continue;
      // A label belongs to its control, which may be drawn under it.
      if (other.text && other.element.closest('label')?.contains(one.element)) continue;
      if (!other.seen.some((b) => meets(one.seen[0], b))) continue;
      if (other.text && (other.element.closest(OVERLAYS) || cutBy(other))) continue;
      const name = (part) =>
        said(part.element, part.text || part.element.dataset.testid || '');
      faults.push(`covers: ${name(one)} and ${name(other)}`);
    }
  }

  for (const select of document.querySelectorAll('select, input')) {
    if (shown(select) && select.getBoundingClientRect().right > innerWidth + SLACK) {
      faults.push(`cut: ${said(select, '')} by the window`);
    }
  }
  // A sheet is closed in its corner.
  for (const close of document.querySelectorAll('.panel-close')) {
    const at = close.getBoundingClientRect();
    const sheet = close.closest('.panel').getBoundingClientRect();
    if (sheet.right - at.right > 12 || at.top - sheet.top > 12) {
      faults.push(`${said(close, close.title)} is not in the corner of its sheet`);
    }
  }

  // Chinese and Japanese signs have no slanted shape.
  for (const { element, text } of texts) {
    const isSlanted = getComputedStyle(element).fontStyle === 'italic';
    if (isSlanted && /[\u3040-\u9fff]/.test(text)) {
      faults.push(`slanted: ${said(element, text)}`);
    }
  }

  // On a phone a thumb must hit what is pressed; a word within a sentence is as it is.
  const THUMB = 38;
  const PRESSED = 'button, select, summary, input, textarea, a[href]';
  for (const element of innerWidth < 600 ? document.querySelectorAll(PRESSED) : []) {
    if (!shown(element) || element.closest(`${OVERLAYS}, .timeline, p, dd`)) continue;
    const box = (element.closest('label') ?? element).getBoundingClientRect();
    if (box.width > 2 && Math.min(box.height, box.width) < THUMB) {
      const size = `${Math.round(box.width)} x ${Math.round(box.height)}`;
      faults.push(`small: ${said(element, element.dataset.testid ?? '')} ${size}`);
    }
  }

  const sideways = document.documentElement.scrollWidth - innerWidth;
  if (sideways > 0) faults.push(`the page is ${sideways} px wider than its window`);
  return faults;
}
