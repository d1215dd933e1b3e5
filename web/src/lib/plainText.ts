/** Free text as blocks: paragraphs, headings and lists, and nothing else. */

export type Block =
  | { kind: 'heading' | 'paragraph'; text: string }
  | { kind: 'list'; items: string[] };

const HEADING = /^#{1,6}\s+/;
const ITEM = /^[-*•・]\s*/;

function blockOf(lines: string[]): Block {
  const [first = ''] = lines;
  if (lines.length === 1 && HEADING.test(first)) {
    return { kind: 'heading', text: first.replace(HEADING, '') };
  }
  if (lines.every((line) => ITEM.test(line))) {
    return { kind: 'list', items: lines.map((line) => line.replace(ITEM, '')) };
  }
  return { kind: 'paragraph', text: lines.join('\n') };
}

/** A heading and a list begin a block of their own, whatever stands before them. */
const kindOf = (line: string) =>
  HEADING.test(line) ? 'heading' : ITEM.test(line) ? 'list' : 'paragraph';

/** All else of Markdown, and all of HTML, stays the text that it is. */
export function blocksOf(text: string): Block[] {
  const blocks: Block[] = [];
  let lines: string[] = [];
  const end = () => {
    if (lines.length > 0) blocks.push(blockOf(lines));
    lines = [];
  };
  for (const line of text.split(/\r?\n/).map((one) => one.trim())) {
    const last = lines.at(-1);
    const breaks =
      last !== undefined &&
      (kindOf(last) !== kindOf(line) || kindOf(line) === 'heading');
    if (line === '' || breaks) end();
    if (line !== '') lines.push(line);
  }
  end();
  return blocks;
}
