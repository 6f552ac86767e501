namespace PreferenceLosses.Discovery.Validation.Rungs;

/// <summary>Does it read nothing but what this search has? The reader knows further columns, which only some data have.</summary>
internal static class InputsRung
{
    public static IEnumerable<ValidationFinding> Check(Candidate candidate)
    {
        var accepted = candidate.Terms.Inputs;
        foreach (var input in candidate.Graph.Inputs.Where(i => accepted.All(known => known.Column != i.Name)))
        {
            yield return new("inputs", IsError: true, $"Your loss reads '{input.Name}', which the data of this search do not have. There are {string.Join(", ", accepted.Select(i => i.Parameter))}.");
        }
    }
}
