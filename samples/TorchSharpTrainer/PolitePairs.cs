namespace TorchSharpTrainer;

/// <summary>Questions with a polite and a rude answer each, made up for this sample.</summary>
internal static class PolitePairs
{
    /// <summary>The pairs.</summary>
    public static IReadOnlyList<Pair> All { get; } =
    [
        new("Where is the station? ", "Please turn left at the bridge.", "Find it yourself."),
        new("Can you help me? ", "Of course, with pleasure.", "No, go away."),
        new("What time is it? ", "It is four, thank you for asking.", "Look at a clock."),
        new("May I sit here? ", "Yes, please do.", "Certainly not."),
        new("How do I open this? ", "Please pull the red tab.", "Are you blind?"),
        new("Is this seat free? ", "Yes, please sit down.", "What do you think?"),
        new("Do you have a pen? ", "Yes, here you are.", "Buy your own."),
        new("Could you repeat that? ", "Of course, I am sorry.", "Listen better."),
    ];
}
