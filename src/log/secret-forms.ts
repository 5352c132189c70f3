/** Shorter texts are words such as `1` and `debug`, which stand in any output. In characters. */
export const shortestSecret = 6;

/** The parts of a value that are a secret each: all of it, and every line. Without blanks around them. Pure. */
export function partsOf(value: string): readonly string[] {
  const parts = [value, ...value.split(/\r\n|\r|\n/)].map((part) => part.trim());
  return [...new Set(parts)].filter((part) => part.length >= shortestSecret);
}

/**
 * The texts by which a secret is known: as it is, and as shells, JSON, URLs and base64 write it. Each is at least as
 * long as the shortest secret. Pure.
 */
export function formsOf(value: string): readonly string[] {
  const forms = partsOf(value).flatMap((part) => [part, ...escapes(part), ...inBase64(part)]);
  return [...new Set(forms)].filter((form) => form.length >= shortestSecret);
}

function escapes(text: string): readonly string[] {
  const json = inJson(text);
  return [
    json,
    inJson(json), // JSON in JSON: what an agent's stream says of a file
    json.replaceAll("/", "\\/"),
    json.replace(/[<>&]/g, unicode),
    json.replace(/[^ -~]/g, unicode),
    ...inShell(text),
    ...inUrl(text),
  ];
}

function inJson(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

function unicode(sign: string): string {
  return `\\u${sign.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

function inShell(text: string): readonly string[] {
  return [
    text.replaceAll("'", "'\\''"),
    text.replace(/['\\]/g, "\\$&"), // $'…'
    text.replace(/[$`"\\]/g, "\\$&"), // "…", as of `export -p`
    text.replace(/[\s'"\\|&;()<>!{}*[\]?^$`,]/g, "\\$&"), // without quotes, as of `printf %q`
    text.replace(/./gsu, "\\$&"), // what `set -x` says of `[[ $a == "$b" ]]`
  ];
}

/** What tools write as it is in a URL, beside letters, digits and `-._`: no two agree. */
const unescaped = [
  "~", // RFC 3986, and Go in a query
  "",
  "~!'()*", // encodeURIComponent
  "~/", // Python
  "~!'()*;,/?:@&=+$#", // encodeURI
  "~$&+=:@", // Go in a path
  "~$&+,;=", // Go in a login
  "~!'()*$&+,%", // browsers and Node.js in a login
  "~!'()*$&+,%/:;=@[]\\|", // the same in a path
  "~!()*$&+,%/:;=@[]\\|?`{}^", // the same in a query
].map((signs) => new RegExp([...signs].map(percent).join("|") || "$^", "g"));

/** A part of a URL, as different tools write one, and the value of a form. */
function inUrl(text: string): readonly string[] {
  const whole = text.toWellFormed();
  const component = encodeURIComponent(whole);
  const strict = component.replace(/[!'()*~]/g, percent);
  if (strict === text) {
    return [];
  }
  const all = unescaped.map((codes) => strict.replace(codes, decodeURIComponent));
  all.push(new URLSearchParams([["", whole]]).toString().slice(1));
  all.push(...all.map((one) => one.replaceAll("%20", "+")));
  return [...all, ...all.map((one) => one.replace(/%[0-9A-F]{2}/g, (code) => code.toLowerCase()))];
}

function percent(sign: string): string {
  return `%${sign.charCodeAt(0).toString(16).toUpperCase()}`;
}

/** How many characters tools put on a line: most of them, and OpenSSL. */
const lineLengths = [76, 64];

/**
 * The value encoded by itself, and what is always the same of it wherever it stands in a longer text that is encoded,
 * as a password in `user:password`. In both alphabets, and in lines.
 */
function inBase64(text: string): readonly string[] {
  const bytes = Buffer.from(text);
  const whole = bytes.toString("base64");
  const inside = [0, 1, 2].map((before) => {
    const encoded = Buffer.concat([Buffer.alloc(before), bytes]).toString("base64");
    // a character stands for six bits: those that have bits of what is beside the value are another ones each time
    const first = Math.ceil((before * 8) / 6);
    return encoded.slice(first, Math.floor(((before + bytes.length) * 8) / 6));
  });
  const all = [
    whole,
    ...inside,
    ...lineLengths.flatMap((length) => linesOf(inside[0] ?? "", length)),
  ];
  return [...all, ...all.map((one) => one.replaceAll("+", "-").replaceAll("/", "_"))];
}

function linesOf(text: string, length: number): readonly string[] {
  return text.length <= length ? [] : (text.match(new RegExp(`.{1,${length}}`, "g")) ?? []);
}
