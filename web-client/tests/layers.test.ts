import { describe, expect, it } from "vitest";
import { activeLayers, type LayeredSender, LayerSwitch } from "../src/lib/protocol/layers";
import { settle } from "./virtual-time";

const THREE = [{ rid: "q" }, { rid: "h" }, { rid: "f" }];

describe("the layers that go out", () => {
  it.each([
    ["all, before the server has said anything", THREE, null, [true, true, true]],
    ["those somebody takes", THREE, ["q", "f"], [true, false, true]],
    ["the top one alone", THREE, ["f"], [false, false, true]],
    ["all, when the names are of another publication", THREE, ["low", "high"], [true, true, true]],
    ["those whose names are known", THREE, ["h", "x"], [false, true, false]],
    ["the lowest, when nobody takes any", THREE, [], [true, false, false]],
    ["a picture in one size, whatever is wanted", [{}], [], [true]],
    ["a picture in one size with a name", [{ rid: "f" }], ["q"], [true]],
    ["nothing of a sender without encodings", [], ["q"], []],
  ])("%s", (_, encodings, wanted, expected) => {
    expect(activeLayers(encodings, wanted)).toEqual(expected);
  });
});

/** A sender that refuses a second change while one is under way, as browsers do. */
class FakeSender implements LayeredSender {
  encodings: { rid: string; active: boolean }[] = ["q", "h", "f"].map((rid) => ({ rid, active: true }));
  changes: string[] = [];
  /** Changes that wait to be let through. */
  pending: (() => void)[] = [];
  refusals = 0;
  held = false;
  #busy = false;

  getParameters() {
    return { encodings: this.encodings.map((encoding) => ({ ...encoding })) } as unknown as RTCRtpSendParameters;
  }

  async setParameters({ encodings }: RTCRtpSendParameters) {
    if (this.#busy) throw new Error("a change is under way");
    if (this.refusals > 0) {
      this.refusals -= 1;
      throw new Error("stale parameters");
    }
    this.#busy = true;
    if (this.held) await new Promise<void>((resolve) => this.pending.push(resolve));
    this.#busy = false;
    this.encodings = encodings.map(({ rid = "", active = true }) => ({ rid, active }));
    this.changes.push(this.active);
  }

  get active(): string {
    return this.encodings.filter(({ active }) => active).map(({ rid }) => rid).join("");
  }
}

function attached(): { layers: LayerSwitch; sender: FakeSender } {
  const layers = new LayerSwitch();
  const sender = new FakeSender();
  layers.attach(sender);
  return { layers, sender };
}

describe("a layer switch", () => {
  it("pauses what nobody takes and brings it back", async () => {
    const { layers, sender } = attached();
    layers.want(["q"]);
    await settle();
    expect(layers.layers).toEqual([
      { rid: "q", active: true },
      { rid: "h", active: false },
      { rid: "f", active: false },
    ]);
    layers.want(["q", "f"]);
    await settle();
    expect(sender.active).toBe("qf");
  });

  it("changes nothing when it is so already", async () => {
    const { layers, sender } = attached();
    layers.want(["q", "h", "f"]);
    await settle();
    expect(sender.changes).toEqual([]);
  });

  it("carries out only the last of the wishes that wait", async () => {
    const { layers, sender } = attached();
    sender.held = true;
    layers.want(["q"]);
    await settle();
    layers.want(["h"]);
    layers.want(["f"]);
    await settle();
    sender.held = false;
    sender.pending.forEach((go) => go());
    await settle();
    expect(sender.changes).toEqual(["q", "f"]);
  });

  it("waits for its turn behind another change of the sender", async () => {
    const { layers, sender } = attached();
    await settle();
    let finish = () => {};
    const swapped = layers.inTurn(() => new Promise<void>((resolve) => (finish = resolve)));
    layers.want(["q"]);
    await settle();
    expect(sender.changes).toEqual([]);
    finish();
    await swapped;
    await settle();
    expect(sender.active).toBe("q");
  });

  it("goes on after a change that failed", async () => {
    const { layers, sender } = attached();
    await expect(layers.inTurn(() => Promise.reject(new Error("no such device")))).rejects.toThrow();
    layers.want(["h"]);
    await settle();
    expect(sender.active).toBe("h");
  });

  it("reads the parameters anew when they were stale, and gives up without harm", async () => {
    const { layers, sender } = attached();
    sender.refusals = 2;
    layers.want(["q"]);
    await settle();
    expect(sender.active).toBe("q");
    sender.refusals = 5;
    layers.want(["f"]);
    await settle();
    expect(sender.active).toBe("q");
  });

  it("lets everything of a new publication go out, and then what was wanted meanwhile", async () => {
    const { layers } = attached();
    layers.want(["q"]);
    await settle();
    layers.reset();
    expect(layers.layers).toEqual([]);
    const second = new FakeSender();
    layers.attach(second);
    await settle();
    expect(second.active).toBe("qhf");

    layers.reset();
    layers.want(["h"]);
    const third = new FakeSender();
    layers.attach(third);
    await settle();
    expect(third.active).toBe("h");
  });
});
