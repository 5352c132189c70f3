// What people write, as others see it: nothing in it reaches an agent that nobody has read.

/** Our mark at the beginning of an answer: nobody needs a word about it. */
const ownMark = /^<!-- agent-runner: [^>\n]*-->\s*/;
/** What Markdown takes for the address of a link that is nowhere: people use it for comments. */
const linkComment = /^ {0,3}\[[^\]\n]+\]:[ \t]*(?:#|<>)(?:[ \t].*)?$/gm;

/** Markdown without its comments, and with every sign that cannot be seen shown as one. */
export function shown(markdown: string): string {
  return signs(withoutComments(lines(markdown).replace(ownMark, "")).replace(linkComment, word));
}

/** Stands for what nobody sees, so that an agent knows that something was there. */
const word = "[hidden comment left out]";
/** One without an end, where it begins a line: quotes and lists may stand before it. */
const openComment = /^([ \t>*+\-\d.)]*)<!--[\s\S]*/m;

/**
 * Leaves out what may be a comment, in code as well: what is code, and which end counts, is Markdown's and the browser's
 * secret, and rather too much goes than too little. One without an end hides all that follows where it begins a line,
 * and is a text elsewhere. Takes time in proportion to the text.
 */
function withoutComments(text: string): string {
  let kept = "";
  let at = 0;
  for (;;) {
    const start = text.indexOf("<!--", at);
    const end = start < 0 ? -1 : text.indexOf("-->", start + "<!--".length);
    if (end < 0) {
      return kept + text.slice(at).replace(openComment, `$1${word}`);
    }
    kept += text.slice(at, start) + word;
    at = end + "-->".length;
  }
}

/** Code, or any text: every sign that cannot be seen is shown as one, as `<U+202E>`. */
export function visible(text: string): string {
  return signs(lines(text));
}

function lines(text: string): string {
  // half a sign cannot be written to a file
  return text.toWellFormed().replace(/\r\n?/g, "\n");
}

/**
 * Control signs but tab and line feed, those that turn the direction of text, and those that nothing is drawn for. A
 * joiner or a variant belongs to an emoji or a script as long as few of them stand together; a row hides something.
 */
const unseen =
  /[[\p{Cc}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\uFFF9-\uFFFB]--[\t\n\u200C\u200D\uFE00-\uFE0F]]+|[\u200C\u200D\uFE00-\uFE0F]{3,}/gv;

/** As many of a row are named. */
const mostNamed = 8;

function signs(text: string): string {
  return text.replace(unseen, (row) => {
    const all = Array.from(row, (sign) => {
      const code = sign.codePointAt(0) ?? 0;
      return `U+${code.toString(16).toUpperCase().padStart(4, "0")}`;
    });
    const more = all.length - mostNamed;
    return `<${all.slice(0, mostNamed).join(" ")}${more > 0 ? ` and ${more} more` : ""}>`;
  });
}
