using System.Globalization;
using PreferenceLosses.Training;

namespace ControlledSentiment;

/// <summary>A trained policy in the plane of reward and KL: what this sample measures and the paper's file has alike.</summary>
internal sealed record Observation(string Loss, double Beta, string Seed, double Reward, double Kl)
{
    public static IEnumerable<Observation> Of(IEnumerable<FrontierRun> runs) =>
        from run in runs
        where run.Point is not null
        let point = run.Point!.Value
        select new Observation(run.Loss, run.Beta, run.Seed.ToString(CultureInfo.InvariantCulture), point.Reward.Value, point.Kl.Value);

    /// <summary>The paper's results, under the names of the catalogue.</summary>
    /// <exception cref="InvalidDataException">The file is something else.</exception>
    public static Observation[] ReadPaper(string path)
    {
        using var reader = Corpus.Open(path);
        if (reader.ReadLine() is var header && header?.StartsWith("loss,beta,seed,reward,kl", StringComparison.Ordinal) != true)
        {
            throw new InvalidDataException($"'{path}' has to begin with the columns loss,beta,seed,reward,kl, and begins with \"{header}\".");
        }

        var names = Grid.Losses.Where(loss => loss.PaperName is not null).ToDictionary(loss => loss.PaperName!, loss => loss.Name);
        var results = new List<Observation>();
        for (var number = 2; reader.ReadLine() is { } line; number++)
        {
            var fields = line.Split(',');
            if (fields.Length < 5 || !names.TryGetValue(fields[0], out var name) || !Parses(fields[1], out var beta) || !Parses(fields[3], out var reward) || !Parses(fields[4], out var kl))
            {
                throw new InvalidDataException($"'{path}', line {number}: \"{line}\" is not a loss of the paper, β, seed, reward and KL.");
            }

            results.Add(new(name, beta, fields[2], reward, kl));
        }

        return [.. results];
    }

    private static bool Parses(string text, out double number) => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out number);
}
