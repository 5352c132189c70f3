import { z } from "zod";
import { Trouble } from "../log/trouble.ts";
import { type ImageConfig, seconds } from "../registry/documents.ts";
import type { Docker } from "./cli.ts";

/** An image as the engine has it. */
export interface LocalImage extends ImageConfig {
  /** The config digest on the classic image store, the manifest's or index's on containerd's. */
  readonly id: string;
  /** `repository@sha256:…` of the registries it came from. */
  readonly repoDigests: readonly string[];
  /** Unpacked bytes, as the engine counts them. */
  readonly size: number;
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
    .object({ Labels: z.record(z.string(), z.string()).nullish(), User: z.string().nullish() })
    .nullish(),
  RootFS: z.object({ Layers: z.array(z.string()).nullish() }).nullish(),
});

/** Looks an image up in the engine; undefined when it is not there. */
export async function inspectImage(
  docker: Docker,
  reference: string,
): Promise<LocalImage | undefined> {
  const answer = await docker.ask("image", "inspect", reference);
  if (answer.code !== 0) {
    if (/no such image/i.test(answer.stderr)) {
      return undefined;
    }
    throw new EngineTrouble(`the engine could not look up ${reference}: ${answer.stderr}`);
  }
  const [image] = z.tuple([schema]).safeParse(parseJson(answer.stdout)).data ?? [];
  if (image === undefined) {
    throw new EngineTrouble(`the engine's answer about ${reference} is not understood`);
  }
  return toLocalImage(image);
}

/** The engine does not answer as it should; what it said is in the message. */
export class EngineTrouble extends Trouble {}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function toLocalImage(image: z.output<typeof schema>): LocalImage {
  return {
    id: image.Id,
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
  };
}
