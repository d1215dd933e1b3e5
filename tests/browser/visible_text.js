// All that people see or hear of the page, part by part; keys on key caps are left out.
() => {
  const spoken = [
    'aria-label', 'aria-description', 'aria-valuetext', 'title', 'placeholder', 'alt',
  ];
  const found = new Set();
  const shown = (element) => element.checkVisibility?.() ?? true;
  for (const element of document.querySelectorAll('body *')) {
    if (!shown(element) || element.closest('kbd, script, style, [lang="en"]')) continue;
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
