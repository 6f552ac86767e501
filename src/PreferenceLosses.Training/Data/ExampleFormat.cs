namespace PreferenceLosses.Training;

/// <summary>How the lines of a dataset are written. All lines of one dataset have the same.</summary>
/// <param name="Kind">What the completions are to each other.</param>
/// <param name="HasPrompt">Whether the prompt is a field of its own; otherwise it is what the completions begin with.</param>
/// <param name="IsConversation">Whether completions are lists of messages; otherwise they are strings.</param>
/// <param name="HasScores">Whether completions have scores.</param>
internal readonly record struct ExampleFormat(ExampleKind Kind, bool HasPrompt, bool IsConversation, bool HasScores)
{
    public override string ToString()
    {
        var kind = Kind switch
        {
            ExampleKind.Pair => "pairs",
            ExampleKind.Unpaired => "unpaired completions",
            _ => "ranked completions",
        };
        return $"{kind}{(HasPrompt ? "" : " without a prompt of their own")}, as {(IsConversation ? "lists of messages" : "strings")}{(HasScores ? ", with scores" : "")}";
    }
}
