using System.Collections.Immutable;

namespace PreferenceLosses.Text.Reading;

/// <summary>A function that texts may call.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Parameters">Its parameters, in order.</param>
/// <param name="Required">How many of them have no default.</param>
/// <param name="Apply">What it gives.</param>
internal sealed record VocabularyEntry(string Name, ImmutableArray<string> Parameters, int Required, Func<Arguments, Value> Apply)
{
    /// <summary>How it is called, for error messages.</summary>
    public string Usage => $"It is {Name}({string.Join(", ", Parameters.Select((p, i) => i < Required ? p : $"[{p}]"))}).";

    /// <summary>An entry from its signature: "input, min?, max?", where a question mark says that the parameter has a default.</summary>
    public static VocabularyEntry From(string name, string signature, Func<Arguments, Value> apply)
    {
        var parameters = signature.Split(", ", StringSplitOptions.RemoveEmptyEntries);
        return new VocabularyEntry(name, [.. parameters.Select(p => p.TrimEnd('?'))], parameters.Count(p => !p.EndsWith('?')), apply);
    }
}
