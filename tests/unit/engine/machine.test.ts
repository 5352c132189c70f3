import { describe, expect, it } from "vitest";
import { askMachine } from "../../../src/engine/machine.ts";
import { fakeDocker } from "../fakes.ts";

const asked = (said: object | string, code = 0) =>
  askMachine(
    fakeDocker(() => ({ stdout: typeof said === "string" ? said : JSON.stringify(said), code })),
  );

describe("the engine's machine", () => {
  it("is what the engine says of it", async () => {
    const said = {
      MemTotal: 25278894080,
      SecurityOptions: ["name=seccomp,profile=builtin"],
      ServerVersion: "28.5.2",
      Driver: "overlayfs",
      DriverStatus: [["driver-type", "io.containerd.snapshotter.v1"]],
      DockerRootDir: "/var/lib/docker",
      RegistryConfig: {
        Mirrors: ["https://mirror.example/"],
        InsecureRegistryCIDRs: ["127.0.0.0/8"],
        IndexConfigs: {
          "docker.io": { Mirrors: ["https://mirror.example/"], Secure: true },
          "plain.example:5000": { Mirrors: [], Secure: false },
        },
      },
    };
    expect(await asked(said)).toEqual({
      memory: 25278894080,
      mapsUsers: false,
      isRootless: false,
      version: "28.5.2",
      driver: "overlayfs",
      hasContainerdStore: true,
      dataRoot: "/var/lib/docker",
      registries: {
        mirrors: ["https://mirror.example/"],
        insecureHosts: ["plain.example:5000"],
        insecureNetworks: ["127.0.0.0/8"],
      },
    });
  });

  it("is known by its memory, whatever else is missing or is something else", async () => {
    const little = await asked({ MemTotal: 1, SecurityOptions: null, RegistryConfig: "no" });
    expect(little).toMatchObject({ memory: 1, mapsUsers: false, version: "" });
    expect(little?.registries).toEqual({ mirrors: [], insecureHosts: [], insecureNetworks: [] });
  });

  it.each([
    ["name=rootless", true],
    ["name=userns", false],
  ])("has other user numbers with %s", async (option, isRootless) => {
    const said = await asked({ MemTotal: 1, SecurityOptions: ["name=seccomp", option] });
    expect(said).toMatchObject({ mapsUsers: true, isRootless });
  });

  it.each(["", '{"MemTotal":0}', "{}", "no"])("is unknown where it says %j", async (said) => {
    expect(await asked(said)).toBeUndefined();
  });

  it("is unknown where it does not answer", async () => {
    expect(await asked({ MemTotal: 1 }, 1)).toBeUndefined();
  });
});
