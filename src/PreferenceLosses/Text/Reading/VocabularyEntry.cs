using System.Collections.Immutable;

namespace PreferenceLosses.Text.Reading;

/// <summary>A function that texts may call.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Parameters">Its parameters, in order.</param>
/// <param name="Positional">How many of them may be given without their name.</param>
/// <param name="Required">How many of them have no default.</param>
/// <param name="Apply">What it gives.</param>
internal sealed record VocabularyEntry(string Name, ImmutableArray<string> Parameters, int Positional, int Required, Func<Arguments, Value> Apply)
{
    /// <summary>How it is called, for error messages.</summary>
    public string Usage => $"It is {Name}({string.Join(", ", Parameters.Select((p, i) => i < Required ? p : i < Positional ? $"[{p}]" : $"[{p}=…]"))}).";

    /// <summary>
    /// An entry from its signature: "input, min?, max?", where a question mark says that the parameter has a default, and those
    /// after a star are given by name.
    /// </summary>
    public static VocabularyEntry From(string name, string signature, Func<Arguments, Value> apply)
    {
        var parts = signature.Split(", ");
        var parameters = parts.Where(p => p != "*").ToArray();
        var positional = Array.IndexOf(parts, "*") is var star and >= 0 ? star : parameters.Length;
        return new VocabularyEntry(name, [.. parameters.Select(p => p.TrimEnd('?'))], positional, parameters.Count(p => !p.EndsWith('?')), apply);
    }
}
