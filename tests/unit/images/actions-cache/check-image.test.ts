import { expect, it } from "vitest";
import { dockerEngine } from "../../../../src/engine/engine.ts";
import { checkImage } from "../../../../src/images/actions-cache/check-image.ts";
import type { Layer } from "../../../../src/layers/layer.ts";
import { RegistryTrouble } from "../../../../src/registry/trouble.ts";
import { base, envContent, fakeDocker, inspected, layersOf, sha } from "../../fakes.ts";

const env = layersOf(envContent)[0] as Layer;

/** What an image with the right labels on these layers is, where the base's are asked for. */
async function checked(diffIds: readonly string[], ask: () => Promise<readonly string[]>) {
  const image = inspected({
    Id: sha("a"),
    Config: { Labels: env.labels },
    RootFS: { Layers: diffIds },
  });
  const docker = fakeDocker((args) => (args[0] === "image" ? image : { stdout: "id" }));
  const expected = { platform: base.platform, baseDiffIds: undefined, askBaseDiffIds: ask };
  const said = await checkImage(dockerEngine(docker), "it", env, expected, "label=1");
  return { wrong: said.wrong, created: docker.calls.some(([verb]) => verb === "create") };
}

it("an image from the cache begins with the layers of a base behind an index", async () => {
  const ofBase = async () => [sha("1")];
  expect(await checked([sha("1"), sha("2")], ofBase)).toEqual({ wrong: undefined, created: true });
  expect(await checked([sha("2"), sha("1")], ofBase)).toEqual({
    wrong: "it does not begin with the base image's own layers",
    created: false,
  });
});

it("is not used where nobody can say what they are, and the answer is no error: its name has to go", async () => {
  const nobody = async () => {
    throw new RegistryTrouble("unreachable", "the layers are not known");
  };
  expect(await checked([sha("1")], nobody)).toEqual({
    wrong: "the layers are not known",
    created: false,
  });
});
