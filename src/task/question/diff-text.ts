import { type ChangedFile, type Diff, mostFiles } from "../../github/diff.ts";
import { type Bounded, cutText, kilobytes } from "./bounded.ts";
import { visible } from "./shown.ts";

/** As many of what is left out are named. */
const mostNamed = 100;
const mostOfName = 300;

/** A diff in so many bytes: the changes of whole files, and the names of those that do not fit. Pure. */
export function diffText(diff: Diff, most: number): Bounded {
  return diff.kind === "files" ? fileList(diff.files, most) : patchText(diff.text, most);
}

function patchText(patch: string, most: number): Bounded {
  const text = visible(patch);
  const size = Buffer.byteLength(text);
  if (size <= most) {
    return { text, cut: undefined };
  }
  // in a patch no line of a file begins at the line's beginning
  const files = text.split(/^(?=diff --git )/m);
  const kept: string[] = [];
  const left: string[] = [];
  let room = most;
  for (const file of files) {
    const bytes = Buffer.byteLength(file);
    if (bytes <= room) {
      kept.push(file);
      room -= bytes;
    } else {
      left.push(file);
    }
  }
  const [first = ""] = left;
  if (kept.length === 0) {
    return {
      text: cutText(first, most),
      cut: `Of ${files.length} files' changes only the beginning of the first is here`,
    };
  }
  return {
    text: `${kept.join("")}\nLeft out:\n${named(left.map(nameOf))}`,
    cut: `The changes of ${left.length} of ${files.length} files are left out, which are named at the end`,
  };
}

function nameOf(file: string): string {
  const [header = ""] = file.split("\n", 1);
  return `${header.slice(0, mostOfName)} (${kilobytes(Buffer.byteLength(file))})`;
}

function named(names: readonly string[]): string {
  const more = names.length - mostNamed;
  const shown = names.slice(0, mostNamed).join("\n");
  return more > 0 ? `${shown}\nand ${more} more\n` : `${shown}\n`;
}

function fileList(files: readonly ChangedFile[], most: number): Bounded {
  const lines = files.map(({ filename, status, additions, deletions }) => {
    const name = JSON.stringify(visible(filename)).slice(0, mostOfName);
    return `${visible(status).slice(0, 20)} +${additions} -${deletions} ${name}`;
  });
  const few = files.length < mostFiles ? "" : `, the first ${mostFiles}`;
  return {
    text: cutText(`${lines.join("\n")}\n`, most),
    cut: `The diff is too large for GitHub to tell: only its files are here${few}`,
  };
}
