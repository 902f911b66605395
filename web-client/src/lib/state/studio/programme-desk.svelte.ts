/** The programme switch: what goes on air, from which camera, and what follows by itself when a classroom talks. */
import { surfaceOf } from "$lib/protocol/lesson-view";
import type { FloorRequestView, Scene, StudioCamera } from "$lib/protocol/wire";
import { classroomsOf, sceneWith } from "$lib/studio/stage";
import type { LessonSeat } from "../lesson-seat.svelte";
import { remember, remembered } from "../preferences";

/** Scenes of the studio alone, in the order of the keys 1 to 5. */
export const SCENES = ["camera", "slides", "slides_and_camera", "board", "screen"] as const;
export type StudioScene = (typeof SCENES)[number];

export class ProgrammeDesk {
  /** A classroom goes on air as it gets the floor. */
  follows = $state(remembered("programme-follows") !== "off");

  constructor(
    private readonly seat: LessonSeat,
    private readonly share: () => Promise<boolean>,
  ) {}

  get chosen(): Scene {
    return this.seat.view?.programme.chosen ?? { scene: "camera" };
  }

  get onAir(): Scene {
    return this.seat.view?.programme.on_air ?? { scene: "camera" };
  }

  get camera(): StudioCamera {
    return this.seat.view?.programme.camera ?? "camera";
  }

  /** What the master chose is not what is on air, because its source is gone. */
  get fellBack(): boolean {
    return JSON.stringify(this.chosen) !== JSON.stringify(this.onAir);
  }

  /** Whether a scene can be chosen at all. */
  offers(scene: StudioScene): boolean {
    const decks = this.seat.view?.decks.length ?? 0;
    return scene === "slides" || scene === "slides_and_camera" ? decks > 0 : true;
  }

  async choose(scene: StudioScene): Promise<void> {
    const { view } = this.seat;
    if (view === null || !this.offers(scene)) return;
    if (scene === "screen" && !view.studio.screen && !(await this.share())) return;
    const [deck] = view.decks;
    const closed = surfaceOf(view, "deck") === null;
    if ((scene === "slides" || scene === "slides_and_camera") && closed && deck !== undefined) {
      this.seat.send({ type: "open_deck", deck: deck.id });
    }
    this.#set({ scene });
  }

  /** One classroom that has the floor, large or small. */
  showRoom(classroom: string, large: boolean): void {
    this.#set({ scene: "classroom", classroom, large });
  }

  showTwo(a: string, b: string): void {
    this.#set({ scene: "two_classrooms", a, b });
  }

  switchCamera(to: StudioCamera = this.camera === "camera" ? "second" : "camera"): void {
    if (to === "second" && this.seat.view?.studio.second !== true) return;
    this.seat.send({ type: "set_programme", scene: this.chosen, camera: to });
  }

  setFollows(on: boolean): void {
    this.follows = on;
    remember("programme-follows", on ? "on" : "off");
  }

  /** A classroom got the floor: shows it, unless it is on air already. */
  follow({ classroom }: FloorRequestView): void {
    if (this.follows && !classroomsOf(this.chosen).includes(classroom)) this.#set(sceneWith(this.chosen, classroom));
  }

  #set(scene: Scene): void {
    this.seat.send({ type: "set_programme", scene, camera: this.camera });
  }
}
