using PreferenceLosses.Cli;
using PreferenceLosses.Losses;

// The writers are not disposed: the application flushes them itself, and a second try would throw where the first one did.
return new CommandLineApp(
    LossCatalog.BuiltIn,
    StandardStreams.OpenInput(),
    StandardStreams.OpenOutput(),
    StandardStreams.OpenError(),
    isTerminal: !Console.IsErrorRedirected).Run(args);
