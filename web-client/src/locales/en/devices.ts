/** Cameras and microphones. */
import type * as zh from "../zh-CN/devices";

export const devices: typeof zh.devices = {
  camera: "Camera",
  microphone: "Microphone",
  screen: "Screen",
  cameraN: (n) => `Camera ${n}`,
  microphoneN: (n) => `Microphone ${n}`,
  none: "None found",
  opening: "Opening the camera…",
  level: "Microphone level",
  noSound: "No microphone: nobody hears you",
  trouble: {
    denied: "The browser has no permission. Press the camera icon in the address bar, choose “Allow”, and try again.",
    missing: "No camera or microphone was found. Plug it in and try again.",
    busy: "Another program uses the camera. Close it and try again.",
    insecure: "Browsers give the camera to https pages only. Open the https address.",
  },
};
