using PreferenceLosses.Text.Reading;

namespace PreferenceLosses.Tests.Support;

/// <summary>What the reader accepts, as texts write it.</summary>
internal static class VocabularyNames
{
    /// <summary>A way to write each function, one per function and place: <c>torch.exp(</c>, <c>F.relu(</c>, <c>.mean(</c>.</summary>
    public static IEnumerable<string> Accepted()
    {
        // Of functions that several places have, one place is enough: they are the same entry.
        var places = new[] { ("torch.", "torch"), ("F.", "torch.nn.functional"), ("torch.special.", "torch.special"), ("math.", "math") };
        var functions = places.SelectMany(p => Vocabulary.Functions(p.Item2).Select(name => (Name: name, Written: $".{name}(")));
        return functions.Concat(Vocabulary.Methods.Select(name => (Name: name, Written: $".{name}("))).DistinctBy(f => f.Name).Select(f => f.Written)
            .Concat(Vocabulary.Builtins.Select(name => $"{name}("));
    }
}
