using System.Globalization;

namespace ControlledSentiment;

/// <summary>What the command line says.</summary>
internal sealed record Arguments
{
    public const string Usage = """
        usage: ControlledSentiment [--sentences FILE --lexicon FILE] [--paper FILE] [--output DIR] [--seeds N] [--threads N]
          --sentences FILE  sentences, one a line, or lines of rating, tab, sentence below the header "rating, tab, text"; may be gzipped
          --lexicon FILE    lines of word, tab, valence below the header "token, tab, valence"; may be gzipped
          --paper FILE      results to draw beside: a CSV with the columns loss, beta, seed, reward, kl
          --output DIR      where the results go, and are gone on with (default: controlled-sentiment)
          --seeds N         the seeds 0 to N − 1 (default: 3)
          --threads N       trainings at once (default: one per core)
        """;

    /// <summary>Null for the corpus of this sample.</summary>
    public string? Sentences { get; private init; }

    public string? Lexicon { get; private init; }

    public string? Paper { get; private init; }

    public string Output { get; private init; } = "controlled-sentiment";

    public int Seeds { get; private init; } = 3;

    /// <summary>0 for one per core.</summary>
    public int Threads { get; private init; }

    /// <summary>The arguments, or what is wrong with them.</summary>
    public static (Arguments? Arguments, string Error) Parse(string[] args)
    {
        var parsed = new Arguments();
        for (var i = 0; i < args.Length; i += 2)
        {
            var value = i + 1 < args.Length ? args[i + 1] : "";
            var isCount = int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count > 0;
            var next = args[i] switch
            {
                "--sentences" when value.Length > 0 => parsed with { Sentences = value },
                "--lexicon" when value.Length > 0 => parsed with { Lexicon = value },
                "--paper" when value.Length > 0 => parsed with { Paper = value },
                "--output" when value.Length > 0 => parsed with { Output = value },
                "--seeds" when isCount => parsed with { Seeds = count },
                "--threads" when isCount => parsed with { Threads = count },
                _ => null,
            };
            if (next is null)
            {
                return (null, $"\"{args[i]} {value}\" is not understood.");
            }

            parsed = next;
        }

        return parsed.Sentences is null == parsed.Lexicon is null
            ? (parsed, "")
            : (null, "--sentences and --lexicon go together.");
    }
}
