// All that people see or hear of the page, part by part; keys on key caps are left out.
() => {
  const spoken = [
    'aria-label', 'aria-description', 'aria-valuetext', 'title', 'placeholder', 'alt',
  ];
  const found = new Set();
  // What a browser writes on it is in the browser's language, and no text of the page.
  const isDrawn = (element) => {
    const { width, height } = element.getBoundingClientRect();
    return width > 2 && height > 2 && getComputedStyle(element).opacity !== '0';
  };
  const shown = (element) => element.checkVisibility?.() ?? true;
  for (const element of document.querySelectorAll('body *')) {
    if (!shown(element) || element.closest('kbd, script, style, [lang="en"]')) continue;
    if (element.matches('input[type="file"]') && isDrawn(element)) {
      found.add(`No file chosen (${element.dataset.testid}: the browser's own words)`);
    }
    for (const name of spoken) {
      const value = element.getAttribute(name);
      if (value) found.add(value);
    }
    for (const node of element.childNodes) {
      if (node.nodeType === Node.TEXT_NODE) found.add(node.data.trim());
    }
  }
  found.add(document.title);
  return [...found];
}
