using System.Collections.Frozen;

namespace PreferenceLosses.Text.Reading;

/// <summary>Every function that texts may call, by where it is found: torch, torch.nn.functional, torch.special, a tensor's methods, math, Python.</summary>
internal static class Vocabulary
{
    private static readonly FrozenDictionary<string, FrozenDictionary<string, VocabularyEntry>> Places = Build();

    public static IEnumerable<string> Methods => Places["tensor"].Keys;

    public static IEnumerable<string> Builtins => Places["python"].Keys;

    public static VocabularyEntry? Method(string name) => Places["tensor"].GetValueOrDefault(name);

    public static VocabularyEntry? Builtin(string name) => Places["python"].GetValueOrDefault(name);

    public static VocabularyEntry? Function(string module, string name) => Places.TryGetValue(module, out var place) ? place.GetValueOrDefault(name) : null;

    public static IEnumerable<string> Functions(string module) => Places.TryGetValue(module, out var place) ? place.Keys : [];

    private static FrozenDictionary<string, FrozenDictionary<string, VocabularyEntry>> Build()
    {
        var places = new Dictionary<string, Dictionary<string, VocabularyEntry>>();
        var definitions = ElementwiseVocabulary.Entries.Concat(ActivationVocabulary.Entries).Concat(ReductionVocabulary.Entries)
            .Concat(OrderVocabulary.Entries).Concat(LossVocabulary.Entries).Concat(ClassVocabulary.Entries).Concat(CreationVocabulary.Entries).Concat(PythonVocabulary.Entries);
        foreach (var (where, names, signature, apply) in definitions)
        {
            foreach (var place in where.Split(' '))
            {
                foreach (var name in names.Split(' '))
                {
                    var known = places.TryGetValue(Full(place), out var entries) ? entries : places[Full(place)] = [];
                    known.Add(name, VocabularyEntry.From(place == "tensor" ? $".{name}" : name, signature, apply));
                }
            }
        }

        return places.ToFrozenDictionary(p => p.Key, p => p.Value.ToFrozenDictionary());
    }

    private static string Full(string place) => place switch
    {
        "F" => "torch.nn.functional",
        "special" => "torch.special",
        _ => place,
    };
}

/// <summary>A line of the vocabulary: where the function is found, its names, its signature, and what it gives.</summary>
internal readonly record struct Definition(string Where, string Names, string Signature, Func<Arguments, Value> Apply);
