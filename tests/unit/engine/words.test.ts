import { expect, it } from "vitest";
import { digestOf, pushedDigest, readRefusal, reasonIn } from "../../../src/engine/words.ts";

it.each([
  ["absent", "Error response from daemon: No such image: it:1"],
  ["absent", "Error: No such container: task"],
  ["absent", "Error response from daemon: Could not find the file /x in container task"],
  [
    "not shared",
    'Error response from daemon: invalid mount config for type "bind": bind source path does not exist: /home/runner/work/demo/demo',
  ],
  [
    "unreachable",
    "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?",
  ],
  ["unreachable", "error during connect: Get http://x/v1.51/info: EOF"],
  ["denied", "denied: requested access to the resource is denied"],
  ["denied", "unauthorized: authentication required"],
  ["denied", "no basic auth credentials"],
  ["other", "device or resource busy"],
  ["full", "write /var/lib/docker/tmp/x: no space left on device"],
  ["full", "failed to register layer: mkdir /usr: disk quota exceeded"],
  [
    "too old",
    "Error response from daemon: client version 1.52 is too new. Maximum supported API version is 1.41",
  ],
  [
    "too old",
    "Error response from daemon: client version 1.24 is too old. Minimum supported API version is 1.44",
  ],
  [
    "no permission",
    "permission denied while trying to connect to the Docker daemon socket at unix:///var/run/docker.sock",
  ],
  [
    "unreachable",
    "failed to connect to the docker API at unix:///x.sock: no such file or directory",
  ],
  ["registry unreachable", 'Get "https://r.example/v2/": dial tcp 10.0.0.1:443: i/o timeout'],
  [
    "registry unreachable",
    "Get https://r.example/v2/: x509: certificate signed by unknown authority",
  ],
  [
    "registry unreachable",
    "Get https://r.example/v2/: http: server gave HTTP response to HTTPS client",
  ],
  ["rate limited", "toomanyrequests: You have reached your pull rate limit"],
  // podman's
  ["unsupported", "Error response from daemon: Decode(): EOF"],
  ["absent", "Error: inspecting object: it:1: image not known"],
  ["absent", "Error: inspecting object: no such container task"],
  ["absent", 'Error: "/x" could not be found on container task: no such file or directory'],
  ["not shared", "Error: statfs /home/runner/work/demo/demo: no such file or directory"],
  ["no network", "Error: unable to find network with name or ID lan: network not found"],
  ["no user", "Error: unable to find user me: no matching entries in passwd file"],
  [
    "name taken",
    'Error: creating container storage: the container name "task" is already in use by 5b2b56. You have to remove that container to be able to reuse that name: that name is already in use',
  ],
  [
    "no program",
    'Error: runc: runc create failed: unable to start container process: exec: "bash": executable file not found in $PATH: OCI runtime attempted to invoke a command that was not found',
  ],
  [
    "init missing",
    "Error: container-init binary not found on the host: stat /usr/libexec/podman/catatonit: no such file or directory",
  ],
  [
    "registry unreachable",
    'Error: initializing source docker://127.0.0.1:9/x:y: pinging container registry 127.0.0.1:9: Get "https://127.0.0.1:9/v2/": dial tcp 127.0.0.1:9: connect: connection refused',
  ],
  ["too deep", "Error response from daemon: max depth exceeded"],
  ["platform", "exec /usr/bin/bash: exec format error"],
  ["platform", "[FATAL tini (7)] exec bash failed: Exec format error"],
  ["init missing", "exec /sbin/docker-init: exec format error"],
  ["other", "Error response from daemon: container 5cfc2c6588e0 is not running"],
  ["platform", "no matching manifest for linux/arm64/v8 in the manifest list entries"],
  ["platform", "image with reference x was found but does not match the specified platform"],
  ["init missing", "exec /sbin/docker-init: no such file or directory"],
  [
    "init missing",
    'Error response from daemon: exec: "docker-init": executable file not found in $PATH',
  ],
  [
    "not shared",
    "Error response from daemon: Mounts denied: the path /w is not shared from the host",
  ],
  [
    "no program",
    'Error response from daemon: runc create failed: exec: "bash": executable file not found in $PATH: unknown',
  ],
  [
    "no user",
    "Error response from daemon: unable to find user agent: no matching entries in passwd file",
  ],
  ["name taken", 'Conflict. The container name "/x" is already in use by container "1"'],
  ["no network", "Error response from daemon: network agents not found"],
  ["absent", "manifest for r.example/x:1 not found: manifest unknown: manifest unknown"],
  [
    "absent",
    'Error response from daemon: failed to resolve reference "docker.io/library/alpine:nope": docker.io/library/alpine:nope: not found',
  ],
  ["absent", 'Error: "/x" could not be found on container abc: no such file or directory'],
  ["absent", "Error: no such container abc"],
  ["absent", "Error: nosuch: image not known"],
  ["absent", 'Error response from daemon: {"message":"No such image: x"}'],
  [
    "absent",
    "Error response from daemon: manifest for alpine:nope not found: manifest unknown: manifest unknown",
  ],
  [
    "denied",
    "Error response from daemon: pull access denied for x, repository does not exist or may require 'docker login': denied: requested access to the resource is denied",
  ],
  ["denied", 'Error response from daemon: Head "https://ghcr.io/v2/o/n/manifests/1": denied'],
  [
    "denied",
    "failed to authorize: failed to fetch oauth token: unexpected status from GET request to https://auth.docker.io/token: 401 Unauthorized",
  ],
  ["other", "Error processing tar file(exit status 1): unexpected EOF"],
  ["other", "archive/tar: invalid tar header"],
  ["registry unreachable", 'Error response from daemon: Get "https://r.example/v2/": EOF'],
  [
    "registry unreachable",
    'Error response from daemon: Get "https://r.example/v2/": net/http: request canceled while waiting for connection (Client.Timeout exceeded while awaiting headers)',
  ],
  [
    "registry unreachable",
    'Error response from daemon: Get "https://r.example/v2/": context deadline exceeded',
  ],
  [
    "registry unreachable",
    'Error response from daemon: Get "https://r.example/v2/": proxyconnect tcp: dial tcp 1.2.3.4:3128: connect: connection refused',
  ],
  [
    "registry unreachable",
    'Error response from daemon: Get "https://r.example/v2/": Proxy Authentication Required',
  ],
  [
    "registry unreachable",
    'Error response from daemon: Get "https://r.example/v2/": remote error: tls: bad certificate',
  ],
  [
    "registry unreachable",
    'Error response from daemon: Get "https://r.example/v2/": tls: failed to verify certificate: x509: certificate has expired or is not yet valid',
  ],
  [
    "not trusted",
    'error during connect: Get "https://1.2.3.4:2376/v1.51/version": tls: failed to verify certificate: x509: certificate signed by unknown authority',
  ],
  [
    "not trusted",
    'error during connect: Get "https://1.2.3.4:2376/v1.51/version": remote error: tls: certificate required',
  ],
  ["not trusted", "Error response from daemon: Client sent an HTTP request to an HTTPS server."],
  [
    "not trusted",
    'error during connect: Get "https://1.2.3.4:2375/v1.51/version": http: server gave HTTP response to HTTPS client',
  ],
  ["not trusted", "unable to resolve docker endpoint: open /x/ca.pem: no such file or directory"],
  ["wrong address", "unable to parse docker host `foo`"],
  [
    "wrong address",
    'Failed to initialize: unable to resolve docker endpoint: context "x": context not found: open /root/.docker/contexts/meta/x/meta.json: no such file or directory',
  ],
  [
    "wrong address",
    'Current context "x" is not found on the file system, please check your config file at /root/.docker/config.json',
  ],
  [
    "unreachable",
    "Cannot connect to the Docker daemon at tcp://1.2.3.4:2375. Is the docker daemon running?",
  ],
  [
    "unreachable",
    'error during connect: Get "http://nohost:2375/v1.51/version": dial tcp: lookup nohost: no such host',
  ],
  [
    "no permission",
    'Got permission denied while trying to connect to the Docker daemon socket at unix:///var/run/docker.sock: Get "http://%2Fvar%2Frun%2Fdocker.sock/v1.24/version": dial unix /var/run/docker.sock: connect: permission denied',
  ],
  [
    "no permission",
    "permission denied while trying to connect to the docker API at unix:///var/run/docker.sock",
  ],
  [
    "no permission",
    "Cannot connect to Podman. Please verify your connection: dial unix /run/podman/podman.sock: connect: permission denied",
  ],
  [
    "port taken",
    "Error response from daemon: driver failed programming external connectivity on endpoint x (abc): Bind for 127.0.0.1:6080 failed: port is already allocated",
  ],
  [
    "port taken",
    "failed to set up container networking: driver failed programming external connectivity on endpoint x: failed to bind host port for 127.0.0.1:6080:172.17.0.2:6080/tcp: address already in use",
  ],
  ["port taken", "listen tcp4 0.0.0.0:80: bind: address already in use"],
  [
    "not shared",
    "Error response from daemon: error while creating mount source path '/home/r/w': mkdir /home/r: read-only file system",
  ],
  ["not shared", "Error: statfs /home/r/w: no such file or directory"],
  [
    "name taken",
    'Error response from daemon: Conflict. The container name "/denied" is already in use by container "1". You have to remove (or rename) that container to be able to reuse that name.',
  ],
  [
    "unsupported",
    "Error response from daemon: NanoCPUs can not be set, as your kernel does not support CPU CFS scheduler or the cgroup is not mounted",
  ],
  [
    "unsupported",
    "OCI runtime create failed: runc create failed: unable to start container process: unable to apply cgroup configuration: mkdir /sys/fs/cgroup/x: permission denied",
  ],
  [
    "unsupported",
    "crun: controller `memory` is not available under /sys/fs/cgroup: OCI runtime error",
  ],
  ["unsupported", 'could not select device driver "" with capabilities: [[gpu]]'],
  ["platform", "standard_init_linux.go:228: exec user process caused: exec format error"],
  [
    "platform",
    "image with reference x was found but its platform (linux/amd64) does not match the specified platform (linux/arm64)",
  ],
  ["platform", 'no image found in image index for architecture "arm64", variant "v8", OS "linux"'],
  [
    "init missing",
    "/sbin/docker-init: error while loading shared libraries: libc.so.6: cannot open shared object file: No such file or directory",
  ],
  [
    "init missing",
    'failed to create task for container: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: error during container init: exec: "/sbin/docker-init": stat /sbin/docker-init: no such file or directory',
  ],
  [
    "init missing",
    "Error: container-init binary not found on the host: stat /usr/libexec/podman/catatonit: no such file or directory",
  ],
  [
    "init missing",
    'error mounting "/usr/bin/docker-init" to rootfs at "/sbin/docker-init": open /x: no such file or directory',
  ],
  ["no program", "[FATAL tini (7)] exec bash failed: No such file or directory"],
  [
    "no program",
    "Error: crun: executable file `bash` not found in $PATH: No such file or directory: OCI runtime attempted to invoke a command that was not found",
  ],
  ["no program", "exec /usr/bin/bash: no such file or directory"],
  [
    "no program",
    'OCI runtime exec failed: exec failed: unable to start container process: exec: "bash": stat bash: no such file or directory',
  ],
  [
    "full",
    "failed to register layer: ApplyLayer exit status 1 stdout:  stderr: write /usr/lib/x: no space left on device",
  ],
  ["full", "ERROR: failed to solve: failed to copy: write /var/lib/x: no space left on device"],
  [
    "full",
    'Error: writing blob: storing blob to file "/var/tmp/storage1/1": write /var/tmp/x: no space left on device',
  ],
  ["too deep", "failed to register layer: max depth exceeded"],
  [
    "rate limited",
    "Error response from daemon: toomanyrequests: You have reached your pull rate limit. You may increase the limit by authenticating: https://www.docker.com/increase-rate-limit",
  ],
  [
    "rate limited",
    'failed to resolve reference "x": unexpected status from HEAD request to https://r/v2/x: 429 Too Many Requests',
  ],
  ["no network", "failed to set up container networking: network x not found"],
  [
    "no user",
    "Error: preparing container abc for attach: unable to find user x: no matching entries in passwd file",
  ],
  [
    "too old",
    '"--annotation" requires API version 1.43, but the Docker daemon API version is 1.41',
  ],
  [
    "too old",
    'Error: unable to connect to Podman socket: server API version is too old. Client "4.0.0" server "3.4.4"',
  ],
  [
    "other",
    "failed to start shim: fork/exec /usr/bin/containerd-shim-runc-v2: resource temporarily unavailable",
  ],
  ["other", "Error response from daemon: Duplicate mount point: /workspace"],
  ["other", "Error response from daemon: container abc is not running"],
  ["other", "received unexpected HTTP status: 503 Service Unavailable"],
  [
    "other",
    "Error response from daemon: OCI runtime create failed: runc create failed: unable to start container process: error during container init: open /proc/sys/net/ipv4/ip_unprivileged_port_start: permission denied: unknown",
  ],
  ["too slow", "it took longer than 60 s and was ended"],
  ["no buildx", "docker: 'buildx' is not a docker command."],
  ["no buildx", "unknown flag: --builder"],
  ["other", "open /root/x: permission denied"],
] as const)("%s: %s", (kind, reason) => {
  expect(readRefusal(reason)).toEqual({ kind, reason });
});

const bySsh = (stderr: string) =>
  'error during connect: Get "http://docker.example.com/v1.50/version": command [ssh -o ConnectTimeout=30 -T -l root -p 22 -- build.example docker system dial-stdio] has exited with exit status 255, make sure the URL is valid, and Docker 18.09 or later is installed on the remote host: stderr=' +
  stderr;

it.each([
  ["no entry by ssh", "root@build.example: Permission denied (publickey)."],
  [
    "no entry by ssh",
    "Received disconnect from 10.0.0.1 port 22:2: Too many authentication failures",
  ],
  ["ssh host unknown", "Host key verification failed."],
  ["no docker there", "bash: line 1: docker: command not found"],
  ["no docker there", "sh: 1: docker: not found"],
  ["unreachable", "ssh: connect to host build.example port 22: Connection refused"],
  ["unreachable", "ssh: Could not resolve hostname build.example: Name or service not known"],
  ["unreachable", "kex_exchange_identification: Connection closed by remote host"],
] as const)("%s by SSH: %s", (kind, line) => {
  const said = bySsh(
    `@@@@@@\r\nWarning: Permanently added it.\r\nWelcome, access denied to none\r\n${line}\r\n`,
  );
  expect(readRefusal(said)).toEqual({ kind, reason: `SSH: ${line}` });
});

it("calls an engine behind SSH by no address that is the CLI's own", () => {
  const said =
    "Cannot connect to the Docker daemon at http://docker.example.com. Is the docker daemon running?";
  expect(readRefusal(said)).toEqual({
    kind: "unreachable",
    reason: "Cannot connect to the Docker daemon by SSH. Is the docker daemon running?",
  });
  expect(readRefusal(bySsh("")).reason).toBe("SSH: it ended without a word");
});

it("knows what is absent without its name, too", () => {
  const said = 'failed to resolve reference "r.example/x:1": r.example/x:1: not found';
  expect(readRefusal(said, "r.example/x:1")).toMatchObject({ kind: "absent" });
});

it("does not take a word of the name for the engine's own", () => {
  const name = "registry.example/forbidden/denied:1";
  expect(readRefusal(`${name}: broken`, name).kind).toBe("other");
});

it("finds the digest that a push names last", () => {
  const digest = `sha256:${"a".repeat(64)}`;
  expect(pushedDigest(`1: Pushed\nlatest: digest: ${digest} size: 1\n`)).toBe(digest);
  expect(pushedDigest("1: Pushed")).toBeUndefined();
});

it.each([
  ["unknown flag: --quiet\nSee 'docker cp --help'.", "unknown flag: --quiet"],
  [
    "unknown shorthand flag: 'q' in -q\n\nUsage:  docker cp [OPTIONS]\n\nRun 'docker cp --help' for more information",
    "unknown shorthand flag: 'q' in -q",
  ],
  ["WARNING: Error loading config file: x\nError: No such image: a", "Error: No such image: a"],
  [
    "Error response from daemon: x\nRun 'docker run --help' for more information",
    "Error response from daemon: x",
  ],
  ["DEPRECATED: the legacy builder\ndenied: no", "denied: no"],
  ["[DEPRECATION NOTICE] Docker Image Format v1\nunexpected EOF", "unexpected EOF"],
  ["Flag --x has been deprecated, use --y\nbroken", "broken"],
  ["WARNING! Your password is stored unencrypted\nbroken", "broken"],
  [
    "Unable to find image 'it:1' locally\ndocker: Error response from daemon: no",
    "docker: Error response from daemon: no",
  ],
  ["1: Pushing\nerror parsing HTTP 413 response body", "error parsing HTTP 413 response body"],
  ["first\nlast", "last"],
  ["", "it said nothing"],
])("the reason in %j is %j", (said, reason) => {
  expect(reasonIn(said)).toBe(reason);
});

it("takes podman's list of one error for that error", () => {
  const said = "Error: get credentials: 1 error occurred:\n\t* no helper of this name\n\n";
  expect(reasonIn(said)).toBe("Error: get credentials: 1 error occurred: no helper of this name");
});

it.each([
  [`sha256:${"a".repeat(64)}`, `sha256:${"a".repeat(64)}`],
  ["a".repeat(64), `sha256:${"a".repeat(64)}`],
  ["it:1", "it:1"],
])("%s is the digest %s", (id, digest) => {
  expect(digestOf(id)).toBe(digest);
});
