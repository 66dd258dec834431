/*
 * Documents are read as text at least as often as rendered, and edited by many. Paragraphs whose lines end where somebody
 * stopped typing make every later change of a word a change of the whole paragraph, by whoever lays them out anew. So one
 * function lays out the prose of every document, in `npm run generate`, and `tidy` holds them to it.
 *
 * Only paragraphs and items of lists are laid out. Whatever means something by its lines is left as it is: code, tables,
 * headings, quotations, HTML, and paragraphs with a hard break. Links and code in a line are never broken, since
 * people search for them; and no line may begin with what Markdown would take for a list, a heading or a quotation.
 */

const WIDTH = 120;
const FENCE = /^ *(```+|~~~+)/;
const ITEM = /^( *)([-*+]|\d+[.)]) +(?=\S)/;
/** What is left as it is, line by line. */
const OTHER = /^ *([|>#<]|\[[^\]]+\]:|(---+|===+|[-*+]|\d+[.)]) *$)/;
/** A word, or what must stay in one line: code or a link, with what touches it. */
const WORD = /(?:`+[^`]+`+|!?\[(?:`[^`]*`|[^\]`])*\](?:\([^)]*\))?|\S)+/g;
const MARKUP = /^([-*+#>|=]+|\d+[.)])$/;

/** The same document, its prose in lines of at most 120 characters, each as full as it can be. */
export function laidOut(document: string): string {
  const out: string[] = [];
  let block: string[] = [];
  let fence = '';
  const end = () => {
    out.push(...paragraph(block));
    block = [];
  };
  for (const line of document.split('\n')) {
    const opened = FENCE.exec(line)?.[1] ?? '';
    if (fence !== '' || opened !== '') {
      end();
      out.push(line);
      fence = fence === '' ? opened : line.trim() === fence ? '' : fence;
    } else if (line.trim() === '' || OTHER.test(line)) {
      end();
      out.push(line);
    } else {
      if (ITEM.test(line)) end();
      block.push(line);
    }
  }
  end();
  return out.join('\n');
}

function paragraph(lines: readonly string[]): readonly string[] {
  const [first = ''] = lines;
  const marker = ITEM.exec(first)?.[0] ?? '';
  const indent = marker === '' ? (/^ */.exec(first)?.[0] ?? '') : ' '.repeat(marker.length);
  const isCode = marker === '' && indent.length >= 4;
  if (isCode || lines.some((line) => /( {2}|\\)$/.test(line))) return lines;
  const out: string[] = [];
  let current = '';
  for (const word of words(lines.join('\n').slice(marker.length))) {
    if (current !== '' && indent.length + current.length + 1 + word.length > WIDTH) {
      out.push(current);
      current = '';
    }
    current += current === '' ? word : ` ${word}`;
  }
  if (current !== '') out.push(current);
  return out.map((line, index) => (index === 0 && marker !== '' ? marker : indent) + line);
}

function words(text: string): readonly string[] {
  const joined: string[] = [];
  for (const [found] of text.matchAll(WORD)) {
    const word = found.replaceAll(/\s+/g, ' ');
    const before = MARKUP.test(word) ? joined.pop() : undefined;
    joined.push(before === undefined ? word : `${before} ${word}`);
  }
  return joined;
}
