/** Longer texts are cut: a message of many lines says what it has to say at its beginning. */
const mostCharacters = 2000;

/**
 * Text from elsewhere on one line, shown as it is: no Markdown, HTML, link or mention. It has to be
 * code: GitHub reads entities before it looks for mentions, issues and links, and looks for none of
 * them in `<code>`. Markdown itself does not care and makes links there, too; a comment, which nobody
 * sees, parts what it would take for one.
 */
export function code(text: string): string {
  const short = text.length > mostCharacters ? `${text.slice(0, mostCharacters - 1)}…` : text;
  const shown = entities(short.replace(/\s*[\n\r]\s*/g, " "));
  return `<code>${shown.replace(/:(?=\/\/)|www(?=\.)|&#64;/gi, "$&<!-- -->")}</code>`;
}

/**
 * A sentence, of which words may be from elsewhere, to be read as such: what stands between backticks is code, and
 * everything else just text.
 */
export function prose(sentence: string): string {
  return sentence
    .replace(/\s*[\n\r]\s*/g, " ")
    .split(/(`[^`]+`)/)
    .map((part, index) => (index % 2 === 1 ? code(part.slice(1, -1)) : inertText(part)))
    .join("");
}

function inertText(text: string): string {
  return entities(text).replace(/:(?=\/\/)|www(?=\.)|&#(?:64|35);/gi, "$&<!-- -->");
}

/** Every sign that means something to Markdown or HTML as an entity. */
export function entities(text: string): string {
  return text.replace(/[&<>\\`*_{}[\]()#+!|~$@]/g, (sign) => `&#${sign.charCodeAt(0)};`);
}
