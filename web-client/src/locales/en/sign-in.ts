/** Signing in and first use. */
import type * as zh from "../zh-CN/sign-in";

export const signIn: typeof zh.signIn = {
  title: "Sign in",
  lead: "One teacher, many classrooms, one lesson.",
  name: "Account",
  password: "Password",
  submit: "Sign in",
  show: "Show password",
  hide: "Hide password",
  wrong: "Account or password is wrong.",
  needName: "Enter your account.",
  needPassword: "Enter your password.",
  expired: "You have been signed out. Please sign in again.",
};

export const setup: typeof zh.setup = {
  title: "First use",
  lead: "Create the first administrator. The setup code was printed when the server started.",
  code: "Setup code",
  name: "Account",
  nameHint: "For signing in, e.g. admin",
  displayName: "Name",
  password: "Password",
  passwordHint: "At least 8 characters",
  submit: "Create account",
  wrongCode: "That is not the setup code. Please compare it again.",
  rejected: "Please check this field.",
};
