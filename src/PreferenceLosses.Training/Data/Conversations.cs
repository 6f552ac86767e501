using System.Text;

namespace PreferenceLosses.Training;

/// <summary>A message of a conversation.</summary>
/// <param name="Role">Who speaks: "system", "user", "assistant", or another word.</param>
/// <param name="Content">What is said.</param>
internal readonly record struct Message(string Role, string Content);

/// <summary>
/// Conversations as text, and where in two of them the prompt ends. The text is HH-RLHF's: two line feeds, the speaker, a colon, a space and what is said,
/// for each turn. The user is Human there, and the other roles begin with a capital. A prompt ends after the colon of the assistant's turn.
/// </summary>
internal static class Conversations
{
    /// <summary>What the assistant's turn begins with.</summary>
    public const string AssistantMark = "\n\nAssistant:";

    private const string AssistantRole = "assistant";

    /// <summary>The text of the turns before the assistant's, and the mark of the assistant.</summary>
    public static string Prompt(ReadOnlySpan<Message> messages) => Turns(messages) + AssistantMark;

    /// <summary>The text of turns that go on where <see cref="Prompt"/> ends; null if the first is not the assistant's.</summary>
    public static string? Completion(ReadOnlySpan<Message> messages) =>
        messages is [{ Role: AssistantRole }, ..] ? Turns(messages)[AssistantMark.Length..] : null;

    /// <summary>
    /// How many messages two conversations share that each goes on after with a message of the assistant; null if there is no such place.
    /// </summary>
    public static int? SharedTurns(ReadOnlySpan<Message> first, ReadOnlySpan<Message> second)
    {
        var longest = Math.Min(Math.Min(first.Length, second.Length) - 1, first.CommonPrefixLength(second));
        for (var count = longest; count >= 0; count--)
        {
            if (first[count].Role == AssistantRole && second[count].Role == AssistantRole)
            {
                return count;
            }
        }

        return null;
    }

    /// <summary>
    /// How many characters two texts share as their prompt. In texts that share a mark of the assistant the prompt ends after the last such mark. In others it
    /// ends before white space, so that no word is cut and the completions begin with the space, as in TRL's examples; without such a place it is empty.
    /// </summary>
    public static int SharedPrompt(string first, string second)
    {
        var shared = first.AsSpan().CommonPrefixLength(second);
        var mark = first.AsSpan(0, shared).LastIndexOf(AssistantMark, StringComparison.Ordinal);
        if (mark >= 0)
        {
            return mark + AssistantMark.Length;
        }

        var place = Math.Min(shared, Math.Min(first.Length, second.Length) - 1);
        while (place > 0 && !(char.IsWhiteSpace(first[place]) && char.IsWhiteSpace(second[place]) && !char.IsWhiteSpace(first[place - 1])))
        {
            place--;
        }

        return Math.Max(place, 0);
    }

    private static string Turns(ReadOnlySpan<Message> messages)
    {
        var text = new StringBuilder();
        foreach (var (role, content) in messages)
        {
            var speaker = role == "user" ? "Human" : char.ToUpperInvariant(role[0]) + role[1..];
            text.Append("\n\n").Append(speaker).Append(": ").Append(content);
        }

        return text.ToString();
    }
}
