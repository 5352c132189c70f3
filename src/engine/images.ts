import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { parseJson } from "../log/json.ts";
import { type ImageConfig, type Platform, platformText, seconds } from "../registry/documents.ts";
import { withAdvice } from "./advice.ts";
import type { Docker } from "./cli.ts";
import { type Patience, refusalOf, runWithin } from "./limits.ts";
import { inOwnFolder } from "./own-folder.ts";
import { programOf, transportFlags } from "./program.ts";
import { bytesIn } from "./sizes.ts";
import { EngineTrouble } from "./trouble.ts";
import { digestOf, pushedDigest, type Refusal, readRefusal } from "./words.ts";

/** An image as the engine has it. */
export interface LocalImage extends ImageConfig {
  /** The config digest on the classic image store, the manifest's or index's on containerd's. */
  readonly id: string;
  /** `repository@sha256:…` of the registries it came from. */
  readonly repoDigests: readonly string[];
  /** Unpacked bytes, as the engine counts them. */
  readonly size: number;
  readonly entrypoint: readonly string[];
  readonly command: readonly string[];
  /** It has folders of which every container gets a volume. */
  readonly hasVolumes: boolean;
}

const schema = z.object({
  Id: z.string(),
  RepoDigests: z.array(z.string()).nullish(),
  Created: z.string().optional(),
  Size: z.number().optional(),
  Os: z.string(),
  Architecture: z.string(),
  Variant: z.string().optional(),
  Config: z
    .object({
      Labels: z.record(z.string(), z.string()).nullish(),
      User: z.string().nullish(),
      Entrypoint: z.array(z.string()).nullish(),
      Cmd: z.array(z.string()).nullish(),
      Volumes: z.record(z.string(), z.unknown()).nullish(),
    })
    .nullish(),
  RootFS: z.object({ Layers: z.array(z.string()).nullish() }).nullish(),
});

const labelsSchema = z.record(z.string(), z.string());

/** The engine's images. A reference is a name, a name with a digest, or an id. */
export interface Images {
  /** Looks one up; undefined when it is not there. @throws EngineTrouble */
  inspect(reference: string): Promise<LocalImage | undefined>;
  /** The labels of the newest images with a label, `name=value`; none where the engine does not say. */
  labelsOf(label: string, most: number): Promise<readonly Readonly<Record<string, string>>[]>;
  /** How many images have a label, and their sizes together, in bytes; undefined where the engine does not say. */
  usage(label: string): Promise<{ readonly count: number; readonly bytes: number } | undefined>;
  pull(
    reference: string,
    patience: Patience & { readonly platform?: Platform | undefined },
  ): Promise<Refusal | undefined>;
  /** Sends the image of that name to the registry in the name. */
  push(
    name: string,
    patience: Patience,
  ): Promise<{ readonly digest: string | undefined } | Refusal>;
  tag(reference: string, name: string): Promise<Refusal | undefined>;
  /** Takes the name away, and the image where it has no other. */
  remove(reference: string): Promise<void>;
  /** Takes all names of a pattern away, as `docker image ls` takes it. Does not fail: a name too many harms nobody. */
  forget(pattern: string): Promise<void>;
  save(reference: string, file: string, patience: Patience): Promise<Refusal | undefined>;
  load(file: string, patience: Patience): Promise<Refusal | undefined>;
}

export function dockerImages(cli: Docker): Images {
  return {
    async inspect(reference) {
      const answer = await cli.ask("image", "inspect", reference);
      if (answer.code !== 0) {
        if (readRefusal(answer.stderr).kind === "absent") {
          return undefined;
        }
        const why = withAdvice(readRefusal(answer.stderr, reference));
        throw new EngineTrouble(`the engine could not look up ${reference}: ${why}`);
      }
      const [image] = z.tuple([schema]).safeParse(parseJson(answer.stdout)).data ?? [];
      if (image === undefined) {
        throw new EngineTrouble(`the engine's answer about ${reference} could not be read`);
      }
      return toLocalImage(image);
    },
    async labelsOf(label, most) {
      const list = ["image", "ls", "--quiet", "--no-trunc", "--filter", `label=${label}`];
      const listed = await cli.ask(...list);
      const ids = new Set(listed.stdout.split("\n").filter((id) => id !== ""));
      if (listed.code !== 0 || ids.size === 0) {
        return [];
      }
      const inspect = ["image", "inspect", "--format", "{{json .Config.Labels}}"];
      const inspected = await cli.ask(...inspect, ...[...ids].slice(0, most));
      return inspected.code === 0
        ? inspected.stdout
            .split("\n")
            .map((line) => labelsSchema.safeParse(parseJson(line)).data ?? {})
        : [];
    },
    async usage(label) {
      const format = "{{.ID}} {{.Size}}";
      const list = ["image", "ls", "--no-trunc", "--filter", `label=${label}`, "--format", format];
      const { code, stdout } = await cli.ask(...list);
      // a line a name: an image may have several
      const sizes = new Map(
        stdout.split("\n").flatMap((line) => {
          const [id = "", size = ""] = line.trim().split(" ");
          return id === "" ? [] : [[id, bytesIn(size)] as const];
        }),
      );
      const bytes = [...sizes.values()].reduce((sum, size) => sum + size, 0);
      return code === 0 ? { count: sizes.size, bytes } : undefined;
    },
    async pull(reference, { platform, ...patience }) {
      const flag = platform === undefined ? [] : [`--platform=${platformText(platform)}`];
      const name = programOf(cli).pulled(reference);
      const argv = ["pull", "--quiet", ...flag, ...transportFlags(cli, name), name];
      return refusalOf(await runWithin(cli, argv, patience), reference);
    },
    async push(name, patience) {
      const push = (...flags: string[]) =>
        runWithin(cli, ["push", ...transportFlags(cli, name), ...flags, name], patience);
      if (!programOf(cli).writesDigest) {
        const pushed = await push();
        return refusalOf(pushed, name) ?? { digest: pushedDigest(pushed.tail) };
      }
      return inOwnFolder("agent-runner-push-", async (folder) => {
        const file = join(folder, "digest");
        const refused = refusalOf(await push(`--digestfile=${file}`), name);
        const digest = await readFile(file, "utf8").catch(() => "");
        return refused ?? { digest: /^sha256:[0-9a-f]{64}$/.exec(digest.trim())?.[0] };
      });
    },
    async tag(reference, name) {
      const { code, stderr } = await cli.ask("tag", reference, name);
      return code === 0 ? undefined : readRefusal(stderr, reference);
    },
    async remove(reference) {
      await cli.ask("image", "rm", reference);
    },
    async forget(pattern) {
      const format = "{{.Repository}} {{.Tag}} {{.Digest}}";
      const filter = `reference=${pattern}`;
      const list = ["image", "ls", "--digests", "--filter", filter, "--format", format];
      const lines = (await cli.ask(...list)).stdout
        .split("\n")
        .map((line) => line.trim().split(" "));
      const names = lines.flatMap(([repository, tag = "", digest = ""]) => [
        ...(/^[\w.-]+$/.test(tag) ? [`${repository}:${tag}`] : []),
        ...(digest.startsWith("sha256:") ? [`${repository}@${digest}`] : []),
      ]);
      for (const name of new Set(names)) {
        await cli.ask("image", "rm", name);
      }
    },
    async save(reference, file, patience) {
      const saved = await runWithin(cli, ["save", "--output", file, reference], patience);
      return refusalOf(saved, reference);
    },
    async load(file, patience) {
      return refusalOf(await runWithin(cli, ["load", "--quiet", "--input", file], patience));
    },
  };
}

function toLocalImage(image: z.output<typeof schema>): LocalImage {
  return {
    id: digestOf(image.Id),
    repoDigests: image.RepoDigests ?? [],
    created: seconds(image.Created),
    size: image.Size ?? 0,
    user: image.Config?.User ?? "",
    platform: {
      os: image.Os,
      architecture: image.Architecture,
      variant: image.Variant === "" ? undefined : image.Variant,
    },
    labels: image.Config?.Labels ?? {},
    diffIds: image.RootFS?.Layers ?? [],
    entrypoint: image.Config?.Entrypoint ?? [],
    command: image.Config?.Cmd ?? [],
    hasVolumes: Object.keys(image.Config?.Volumes ?? {}).length > 0,
  };
}
